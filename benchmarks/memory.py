"""Does memory stay flat? Resident size from frame 1,000 to frame 10,000 of looped videos, tracking and drawing.

    python benchmarks/memory.py VIDEO [VIDEO ...] --frames 10000 --json FILE

Each video is repeated without decoding until it has enough frames, then goes through the whole pipeline: reader, clock,
detector, embedder, tracker, tracklets and crops, and in a second pass through drawing and H.264. What grows on purpose
is counted: the tracklets' boxes and the best crops of every new track. The goal is less than 50 MB.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import av

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.record import write_record
from crosscam.base.errors import InputError
from tracker.cross_camera.floor.cameras import CameraSetup
from tracker.formats.camera_tracks import camera_tracks
from tracker.output.render.videos import RenderJob, render_video
from tracker.running.build import build_associator, build_loop
from tracker.running.configuration import load_config
from tracker.running.options import PipelineConfig
from tracker.running.recording import Recording
from tracker.running.stage_times import StageTimes
from tracker.structures import TrackingResult
from tracker.video.clock import synchronized
from tracker.video.names import camera_names
from tracker.video.reader import VideoReader, open_video

GOAL_MB = 50.0
SAMPLE_EVERY = 500


def resident_mb() -> float:
    """Resident size of this process now, in MB."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def loop_video(source: Path, target: Path, frames: int) -> None:
    """Repeat the packets of a video until it has at least `frames` of them; nothing is encoded again."""
    shift, count = 0, 0
    with av.open(str(target), "w", format="matroska") as output:
        stream: Any = None
        while count < frames:
            with av.open(str(source)) as container:
                video = container.streams.video[0]
                stream = stream or output.add_stream_from_template(video)
                end = 0
                for packet in container.demux(video):
                    if packet.dts is None or packet.pts is None:
                        continue
                    end = max(end, packet.pts + (packet.duration or 0))
                    packet.pts, packet.dts, packet.stream = packet.pts + shift, packet.dts + shift, stream
                    output.mux(packet)
                    count += 1
            shift += end


class Samples:
    """Resident size at every `SAMPLE_EVERY` frames of one pass."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.frames = 0
        self.resident_mb: dict[int, float] = {}

    def count(self, _: object = None) -> None:
        """Take one more frame into account."""
        self.frames += 1
        if self.frames % SAMPLE_EVERY == 0:
            self.resident_mb[self.frames] = round(resident_mb(), 1)
            print(f"{self.title}: frame {self.frames}, {self.resident_mb[self.frames]} MB", flush=True)

    def growth_mb(self, start: int) -> float | None:
        """From frame `start` to the last sample."""
        if start not in self.resident_mb:
            return None
        return round(self.resident_mb[max(self.resident_mb)] - self.resident_mb[start], 1)


def track(readers: Sequence[VideoReader], config: PipelineConfig, samples: Samples) -> tuple[TrackingResult, int]:
    """The first pass, as `tracker.running.recorded` does it -> (result, number of crops kept)."""
    names = [reader.name for reader in readers]
    loop = build_loop(config, names, StageTimes())
    recording = Recording(names, config.output.crops_per_tracklet)
    for frames, found in loop.run(synchronized(readers)):
        for frame, tracks in zip(frames, found, strict=True):
            recording.add(frame, tracks)
            samples.count()
    identities = build_associator(config, CameraSetup()).associate(recording.tracklets(config.refinement))
    return TrackingResult(tuple(r.info() for r in readers), tuple(identities)), len(recording.crops)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("videos", nargs="+", type=Path)
    parser.add_argument("--frames", type=int, default=10_000, help="frames of all videos together")
    parser.add_argument("--start", type=int, default=1_000, help="frame from which growth is counted")
    parser.add_argument("--config", type=Path)
    parser.add_argument("--set", nargs="+", default=[], action="extend", metavar="section.key=value")
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


def main() -> int:
    args = parse_arguments()
    config = load_config(args.config, None, args.set, {})
    each = -(-args.frames // len(args.videos))
    tracking, drawing = Samples("tracking"), Samples("drawing")
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        readers = []
        for source, name in zip(args.videos, camera_names([str(v) for v in args.videos]), strict=True):
            looped = Path(folder) / f"{name}.mkv"
            loop_video(source, looped, each)
            readers.append(stack.enter_context(open_video(str(looped), name, max_frames=each)))
        result, crops = track(readers, config, tracking)
        for reader in readers:
            job = RenderJob(reader.reopen, camera_tracks(result, reader.name), Path(folder) / f"{reader.name}.mp4")
            render_video(job, on_frame=drawing.count)
    boxes = sum(len(tracklet) for _, tracklet in result.tracklets())
    growth_mb = {s.title: s.growth_mb(args.start) for s in (tracking, drawing)}
    figures = {
        "videos": [video.name for video in args.videos],
        "goal_mb": GOAL_MB,
        "growth_mb": growth_mb,
        "boxes": boxes,
        "crops": crops,
        "resident_mb": {s.title: s.resident_mb for s in (tracking, drawing)},
    }
    for title, growth in growth_mb.items():
        print(
            f"{title}: {growth} MB from frame {args.start} on (goal: below {GOAL_MB:g}); {boxes} boxes, {crops} crops"
        )
    write_record(args.json, figures)
    return 0


if __name__ == "__main__":
    try:
        raise SystemExit(main())
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(2) from None
