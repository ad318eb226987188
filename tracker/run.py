"""One run over recorded videos: track all, decide identities with the whole of it in view, write, then draw.

Two passes: the numbers that are drawn are those decided at the end. What was tracked before an error, a broken video or
Ctrl-C is associated and written all the same.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tracker.build import build_associator, build_loop, describe_devices
from tracker.cross_camera.cameras import CameraSetup, load_cameras
from tracker.cross_camera.fusion import draw_top_view, fuse_places
from tracker.cross_camera.memory import recall_identities
from tracker.errors import InputError, VideoError
from tracker.options import PipelineConfig
from tracker.output.camera_tracks import camera_tracks
from tracker.output.colors import identity_color
from tracker.output.contact_sheet import write_contact_sheets
from tracker.output.files import create_output_folder, write_picture
from tracker.output.identities_json import write_identities
from tracker.output.mot import write_mot
from tracker.output.render import RenderJob, render_videos
from tracker.output.run_json import run_document, write_run
from tracker.output.store_records import GroundPosition
from tracker.output.store_writer import write_store
from tracker.output.summary import print_summary
from tracker.pipeline import TrackingLoop
from tracker.progress import progress_bar
from tracker.recording import Recording
from tracker.structures import Frame, TrackingResult
from tracker.timing import StageTimes
from tracker.video.clock import synchronized
from tracker.video.names import camera_names
from tracker.video.reader import VideoReader, open_video

LOGGER = logging.getLogger(__name__)


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
            loop.warm_up(blank)
        self.reid_model = loop.embedder.name if loop.embedder else "none"
        return loop

    def finish(self, loop: TrackingLoop) -> None:
        """Take over what readers and trackers counted."""
        self.problems += [reader.broken for reader in self.readers if reader.broken]
        repairs = {name: dict(getattr(tracker, "repairs", {})) for name, tracker in loop.trackers.items()}
        self.repaired = {reader.name: {**reader.repaired, **repairs[reader.name]} for reader in self.readers}
        self.counts.update(loop.counts)


def track_videos(request: RunRequest, config: PipelineConfig | None = None) -> TrackingResult:
    """Track people through the videos and write everything into the output folder.

    Raises:
        InputError: A video, weights, a configuration or the output folder that cannot be used.
        KeyboardInterrupt: After Ctrl-C, when what was tracked until then has been written.
    """
    config = config or PipelineConfig()
    with ExitStack() as stack:
        run = open_run(request, config, stack)
        loop = run.load()
        stopped_by = _track(run, loop)
    result = _associate(run)
    write_tracks(run, result)
    if stopped_by is None and config.output.video:
        stopped_by = _draw(run, result)
    write_report(run, loop, result)
    if stopped_by is not None:
        raise stopped_by
    return result


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


def _track(run: Run, loop: TrackingLoop) -> BaseException | None:
    """Run the loop over all frames; returns what stopped it early, if anything."""
    expected = [reader.frames for reader in run.readers]
    total = None if None in expected else sum(n for n in expected if n)
    stopped_by: BaseException | None = None
    run.started = time.perf_counter()
    with progress_bar("tracking", total, run.request.quiet) as advance:
        try:
            for frames, tracks in loop.run(synchronized(run.readers)):
                with run.times.measure("collect"):
                    for frame, found in zip(frames, tracks, strict=True):
                        run.recording.add(frame, found)
                        advance()
        except (Exception, KeyboardInterrupt) as error:
            stopped_by = error
            run.problems.append(f"tracking stopped early: {type(error).__name__} {error}".strip())
            LOGGER.warning("tracking stopped early; what was tracked so far is written to %s", run.folder)
    run.finish(loop)
    return stopped_by


def _associate(run: Run) -> TrackingResult:
    with run.times.measure("refine"):
        tracklets = run.recording.tracklets(run.config.refinement)
    with run.times.measure("associate"):
        identities = build_associator(run.config, run.setup).associate(tracklets)
        if run.request.gallery is not None:
            identities = recall_identities(run.request.gallery, run.reid_model, identities)
    run.counts |= {"tracklets": len(tracklets), "identities": len(identities)}
    return TrackingResult(tuple(reader.info() for reader in run.readers), tuple(identities))


def write_tracks(run: Run, result: TrackingResult) -> None:
    """Everything but the videos: what most depend on, first."""
    with run.times.measure("write"):
        for camera in result.cameras:
            write_mot(run.folder / f"{camera.name}.txt", camera_tracks(result, camera.name))
        write_identities(run.folder / "identities.json", result)
        places = fuse_places(result.identities, run.setup.ground)
        ground = [GroundPosition(p.identity_id, p.time_s, p.x_m, p.y_m, p.cameras) for p in places]
        meta = {"reid_model": run.reid_model}
        write_store(run.folder / "tracking.sqlite", result, run.recording.crops, meta, ground)
        if places:
            write_picture(run.folder / "map.jpg", draw_top_view(places, identity_color))
        write_contact_sheets(run.folder / "people", result, run.recording.crops)


def _draw(run: Run, result: TrackingResult) -> BaseException | None:
    """Annotate every video that can be read again; returns what stopped it early, if anything."""
    recorded = [reader for reader in run.readers if not reader.is_live]
    jobs = [
        RenderJob(reader.reopen, camera_tracks(result, reader.name), run.folder / f"{reader.name}.mp4")
        for reader in recorded
        if reader.frames_read
    ]
    options = run.config.output
    with run.times.measure("draw"), progress_bar("drawing", run.counts["frames"], run.request.quiet) as advance:
        try:
            render_videos(jobs, options.threads, options.trail_s, lambda _: advance())
        except (InputError, KeyboardInterrupt) as error:
            run.problems.append(f"drawing stopped early: {str(error) or 'interrupted'}")
            return error
    return None


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
