"""What the passes over recorded and over live videos have in common: opening, what is gathered on the way, writing."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from crosscam.base.errors import VideoError
from crosscam.base.files import create_output_folder, write_picture
from tracker.cross_camera.floor.cameras import CameraSetup, load_cameras
from tracker.cross_camera.floor.fusion import fuse_places
from tracker.formats.camera_tracks import camera_tracks
from tracker.formats.mot import write_mot
from tracker.output.documents.identities_json import write_identities
from tracker.output.documents.run_json import run_document, write_run
from tracker.output.people.contact_sheet import write_contact_sheets
from tracker.output.render.colors import identity_color
from tracker.output.render.top_view import draw_top_view
from tracker.output.store.records import GroundPosition
from tracker.output.store.writer import write_store
from tracker.running.build import build_encoder, build_loop, describe_devices
from tracker.running.loop import TrackingLoop
from tracker.running.options import PipelineConfig
from tracker.running.recording import Recording
from tracker.running.stage_times import StageTimes
from tracker.running.summary import print_summary
from tracker.single_camera.tracklets.encoding import EmbeddingWeights
from tracker.structures import Frame, TrackingResult
from tracker.video.names import camera_names
from tracker.video.reader import VideoReader, open_video


@dataclass(frozen=True)
class RunRequest:
    """What to track and where to write.

    Attributes:
        videos: Files, folders of images, `img1/` folders or stream addresses.
        output: Folder for the results.
        cameras: YAML with time offsets, calibration and travel times of the cameras (see `cross_camera.cameras`).
        gallery: SQLite file that keeps people's numbers between runs.
        max_frames: Stop each video after this many frames.
        quiet: No progress bars and no closing table.
    """

    videos: Sequence[str]
    output: str | Path = "output"
    cameras: str | Path | None = None
    gallery: str | Path | None = None
    max_frames: int | None = None
    quiet: bool = False


@dataclass
class Run:
    """What a run gathers on its way."""

    request: RunRequest
    config: PipelineConfig
    folder: Path
    readers: list[VideoReader]
    recording: Recording
    setup: CameraSetup
    times: StageTimes = field(default_factory=StageTimes)
    problems: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    repaired: dict[str, dict[str, int]] = field(default_factory=dict)
    started: float = 0.0
    reid_model: str = "none"
    encoder: EmbeddingWeights | None = None

    @property
    def wall_s(self) -> float:
        """Seconds since the models were loaded."""
        return time.perf_counter() - self.started

    def load(self) -> TrackingLoop:
        """Load the models and make them ready for the cameras' frames."""
        with self.times.measure("load"):
            loop = build_loop(self.config, [reader.name for reader in self.readers], self.times)
            seen = [r for r in self.readers if r.width]  # not those that are lost from the start
            blank = [Frame(r.name, 0, 0.0, np.zeros((r.height, r.width, 3), np.uint8)) for r in seen]
            self.reid_model = loop.embedder.name if loop.embedder else "none"
            self.encoder = build_encoder(self.config.embedder, self.reid_model)
            loop.warm_up(blank)
        return loop

    def finish(self, loop: TrackingLoop) -> None:
        """Take over what readers and trackers counted."""
        self.problems += [reader.broken for reader in self.readers if reader.broken]
        repairs = {name: dict(getattr(tracker, "repairs", {})) for name, tracker in loop.trackers.items()}
        self.repaired = {reader.name: {**reader.repaired, **repairs[reader.name]} for reader in self.readers}
        self.counts.update(loop.counts)


def open_run(request: RunRequest, config: PipelineConfig, stack: ExitStack) -> Run:
    """Open the videos and the output folder; everything that can be wrong with them is found here.

    A stream that cannot be opened is tried again later, if any other camera is there.

    Args:
        request: What to track and where to write.
        config: The resolved configuration.
        stack: Closes the videos.
    """
    origin_s = time.monotonic()  # second 0 of live sources
    may_be_lost = len(request.videos) > 1
    names = camera_names(request.videos)
    setup = load_cameras(request.cameras, names) if request.cameras else CameraSetup()
    readers = [
        stack.enter_context(
            open_video(
                source,
                name,
                setup.time_offsets_s.get(name, 0.0),
                request.max_frames,
                origin_s,
                config.streams,
                may_be_lost,
            )
        )
        for source, name in zip(request.videos, names, strict=True)
    ]
    if readers and all(reader.is_lost for reader in readers):
        raise VideoError("no camera can be opened: " + "; ".join(str(reader.broken) for reader in readers))
    folder = create_output_folder(request.output)
    return Run(request, config, folder, readers, Recording(names, config.output.crops_per_tracklet), setup)


def write_tracks(run: Run, result: TrackingResult) -> None:
    """Everything but the videos: what most depend on, first."""
    with run.times.measure("write"):
        for camera in result.cameras:
            write_mot(run.folder / f"{camera.name}.txt", camera_tracks(result, camera.name))
        write_identities(run.folder / "identities.json", result)
        places = fuse_places(result.identities, run.setup)
        ground = [GroundPosition(p.identity_id, p.time_s, p.x_m, p.y_m, p.cameras) for p in places]
        meta = {"reid_model": run.reid_model}
        write_store(run.folder / "tracking.sqlite", result, run.recording.crops, meta, ground)
        if places:
            write_picture(run.folder / "map.jpg", draw_top_view(places, identity_color))
        write_contact_sheets(run.folder / "people", result, run.recording.crops)


def write_report(run: Run, loop: TrackingLoop, result: TrackingResult) -> None:
    """`run.json` and the closing table."""
    wall_s = run.wall_s
    seconds = run.times.seconds
    document = run_document(
        run.config.model_dump(mode="json"),
        result.cameras,
        run.counts,
        seconds,
        wall_s,
        describe_devices(loop),
        run.problems,
        run.repaired,
    )
    write_run(run.folder / "run.json", document)
    if not run.request.quiet:
        print_summary(result, wall_s, seconds, run.problems)
    if run.readers and not any(reader.frames_read for reader in run.readers):
        raise VideoError(f"no frame could be read from {', '.join(map(str, run.request.videos))}")
