"""Do numbers and times hold when cameras start late, die, break, run at odd rates or are alone? On the rendered pair.

    python benchmarks/robustness.py --json FILE
    python benchmarks/robustness.py --case late --case dies

Each case cuts or re-times `sample_videos` and goes through the whole run. Boxes are found once, in the untouched pair,
so that only times and frames differ between the cases. `untouched` is what the untouched pair's result scores on just
the frames that the case has left. `clock` is the largest error of a `start_s` or `end_s` in `identities.json`; frames
of other rates are the nearest of 25 per second, which makes up to 20 ms of it.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import yaml
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.record import ROOT, write_record
from crosscam.base.boxes import xyxy_to_ltwh
from crosscam.base.settings import read_settings
from tracker.detection import build_detector
from tracker.evaluation.mot_data import MotData, read_ground_truth, read_results
from tracker.evaluation.tracking import evaluate
from tracker.output.documents.identities_json import read_identities
from tracker.running.configuration import load_config
from tracker.running.recorded import track_videos
from tracker.running.request import RunRequest
from tracker.video.reader import open_video

SAMPLES = ROOT / "sample_videos"
FPS, LENGTH = 25, 300
LATE_S = 5


@dataclass(frozen=True)
class Clip:
    """What a case makes of a camera: the frames from `start` to `end` at `fps`; `is_cut` leaves half of the file."""

    camera: str
    fps: float = FPS
    start: int = 0
    end: int = LENGTH
    is_cut: bool = False

    @property
    def frames(self) -> NDArray[np.int64]:
        """The frame of the untouched video, from 0, that each frame of the clip shows."""
        count = int((self.end - self.start) * self.fps / FPS)
        return np.minimum(self.start + np.rint(np.arange(count) * FPS / self.fps).astype(np.int64), self.end - 1)

    def write(self, target: Path) -> None:
        """Make the video; an untouched one is copied."""
        source = SAMPLES / f"{self.camera}.mp4"
        if len(self.frames) == LENGTH:
            whole = source.read_bytes()
            target.write_bytes(whole[: len(whole) // 2] if self.is_cut else whole)
            return
        with av.open(str(source)) as container:
            images = [frame.to_ndarray(format="yuv420p") for frame in container.decode(video=0)]
        with av.open(str(target), "w") as container:
            stream: Any = container.add_stream("libx264", rate=Fraction(self.fps), options={"crf": "12"})
            stream.height, stream.width = images[0].shape[0] * 2 // 3, images[0].shape[1]
            for index, frame in enumerate(self.frames):
                picture = av.VideoFrame.from_ndarray(images[frame], format="yuv420p")
                picture.pts, picture.time_base = index, 1 / Fraction(self.fps)
                container.mux(stream.encode(picture))
            container.mux(stream.encode())


@dataclass(frozen=True)
class Case:
    """Clips by name, and what the run is told of them."""

    clips: dict[str, Clip]
    is_calibrated: bool = False
    is_told_offsets: bool = True

    def cameras_file(self, folder: Path) -> Path | None:
        """The cameras file, where there is something to tell."""
        known = read_settings(SAMPLES / "cameras.yaml")["cameras"]
        cameras = {name: dict(known[clip.camera]) if self.is_calibrated else {} for name, clip in self.clips.items()}
        for name, clip in self.clips.items():
            if clip.start and self.is_told_offsets:
                cameras[name]["time_offset_s"] = clip.start / FPS
        file = folder / "cameras.yaml"
        file.write_text(yaml.safe_dump({"cameras": cameras}), encoding="utf-8")
        return file if any(cameras.values()) else None


CAM1, CAM2 = Clip("cam1"), Clip("cam2")
LATE = Clip("cam2", start=LATE_S * FPS)
CASES = {
    "untouched": Case({"cam1": CAM1, "cam2": CAM2}),
    "late": Case({"cam1": CAM1, "cam2": LATE}),
    "late, offset not told": Case({"cam1": CAM1, "cam2": LATE}, is_told_offsets=False),
    "dies": Case({"cam1": CAM1, "cam2": Clip("cam2", end=LENGTH // 2)}),
    "breaks": Case({"cam1": CAM1, "cam2": Clip("cam2", is_cut=True)}),
    "7 + 30 fps": Case({"cam1": Clip("cam1", 7), "cam2": Clip("cam2", 30)}),
    "12.5 + 25 fps": Case({"cam1": Clip("cam1", 12.5), "cam2": CAM2}),
    "7, 12.5, 25, 30 fps": Case(
        {"cam1": CAM1, "cam2": Clip("cam2", 12.5), "cam1_7": Clip("cam1", 7), "cam2_30": Clip("cam2", 30)}
    ),
    "cam1 alone": Case({"cam1": CAM1}),
    "cam2 alone": Case({"cam2": CAM2}),
    "calibrated": Case({"cam1": CAM1, "cam2": CAM2}, is_calibrated=True),
    "calibrated, late": Case({"cam1": CAM1, "cam2": LATE}, is_calibrated=True),
}


def find_boxes(camera: str) -> NDArray[np.float32]:
    """Detections of an untouched video as rows of a detections file."""
    detector = build_detector(load_config().detector, [camera])
    rows = [np.zeros((0, 10), np.float32)]
    with open_video(str(SAMPLES / f"{camera}.mp4")) as reader:
        for frame in reader:
            (found,) = detector.detect([frame])
            block = np.full((len(found), 10), -1, np.float32)
            block[:, 0] = frame.index + 1
            block[:, 2:6], block[:, 6] = xyxy_to_ltwh(found.boxes), found.scores
            rows.append(block)
    return np.concatenate(rows)


def rows_at(numbers: NDArray[Any], frames: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For a clip of `frames`: the rows that it has left, and their new frame numbers from 1."""
    rows = [np.flatnonzero(numbers == frame + 1) for frame in frames]
    return np.concatenate(rows), np.repeat(np.arange(len(frames)) + 1, [len(found) for found in rows])


def at_frames(data: MotData, frames: NDArray[np.int64]) -> MotData:
    """The boxes of a clip of `frames`."""
    rows, numbers = rows_at(data.frames, frames)
    return MotData(numbers, data.ids[rows], data.boxes[rows], data.counted[rows])


def track_case(case: Case, boxes: dict[str, NDArray[np.float32]], folder: Path) -> dict[str, NDArray[np.int64]]:
    """Write the videos of a case and track them into `folder`/output -> the frames that each clip gave."""
    for name, clip in case.clips.items():
        clip.write(folder / f"{name}.mp4")
        rows, numbers = rows_at(boxes[clip.camera][:, 0], clip.frames)
        np.save(folder / f"{name}.npy", np.column_stack([numbers, boxes[clip.camera][rows, 1:]]))
    files = [str(folder / f"{name}.npy") for name in case.clips]
    detector = {"name": "mot_file", "files": files, "min_score": 0.0}
    config = load_config(sections={"detector": detector, "output": {"video": False}})
    videos = [str(folder / f"{name}.mp4") for name in case.clips]
    result = track_videos(RunRequest(videos, folder / "output", case.cameras_file(folder), quiet=True), config)
    return {camera.name: case.clips[camera.name].frames[: camera.frames] for camera in result.cameras}


def score_case(case: Case, left: dict[str, NDArray[np.int64]], folder: Path, untouched: Path) -> dict[str, Any]:
    """One row of the table."""
    people, before = read_ground_truth(SAMPLES / "gt"), read_results(untouched, ["cam1", "cam2"])
    truth = {name: at_frames(people[case.clips[name].camera], frames) for name, frames in left.items()}
    reference = {name: at_frames(before[case.clips[name].camera], frames) for name, frames in left.items()}
    score = evaluate(truth, read_results(folder, case.clips)).multi_camera
    return {
        "frames": sum(map(len, left.values())),
        "idf1": score["IDF1"],
        "untouched_idf1": evaluate(truth, reference).multi_camera["IDF1"],
        "wrong_merges": score["wrong_merges"],
        "wrong_splits": score["wrong_splits"],
        "clock_error_ms": round(1000 * max(clock_errors(left, folder), default=0.0), 1),
    }


def clock_errors(left: dict[str, NDArray[np.int64]], folder: Path) -> list[float]:
    """How far starts and ends of tracklets are from the times of their frames in the untouched pair, in seconds."""
    identities = read_identities(folder / "identities.json")["identities"]
    return [
        float(abs(tracklet[f"{end}_s"] - left[tracklet["camera"]][tracklet[frame]] / FPS))
        for identity in identities
        for tracklet in identity["tracklets"]
        for end, frame in (("start", "first_frame"), ("end", "last_frame"))
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case", action="append", choices=CASES, help="only these, after the untouched pair")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    rows: dict[str, Any] = {}
    boxes = {camera: find_boxes(camera) for camera in ("cam1", "cam2")}
    print(f"{'case':22} {'frames':>7} {'IDF1':>6} {'untouched':>10} {'merges':>7} {'splits':>7} {'clock, ms':>10}")
    with tempfile.TemporaryDirectory() as folder:
        for name in dict.fromkeys(["untouched", *(args.case or CASES)]):
            place = Path(folder) / name.replace(" ", "_")
            place.mkdir()
            left = track_case(CASES[name], boxes, place)
            rows[name] = row = score_case(CASES[name], left, place / "output", Path(folder) / "untouched" / "output")
            print(
                f"{name:22} {row['frames']:7} {row['idf1']:6.1f} {row['untouched_idf1']:10.1f} {row['wrong_merges']:7}"
                f" {row['wrong_splits']:7} {row['clock_error_ms']:10.1f}",
                flush=True,
            )
            write_record(args.json, {"rows": rows})
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
