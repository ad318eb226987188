"""One run over recorded videos: track all, decide identities with the whole of it in view, write, then draw.

Two passes: the numbers that are drawn are those decided at the end. What was tracked before an error, a broken video or
Ctrl-C is associated and written all the same.
"""

from __future__ import annotations

import logging
import time
from contextlib import ExitStack

from crosscam.base.errors import InputError
from crosscam.base.progress import progress_bar
from tracker.cross_camera.floor.cameras import CameraSetup
from tracker.cross_camera.floor.clock import with_clocks
from tracker.cross_camera.gallery.gallery_file import recall_identities
from tracker.formats.camera_tracks import camera_tracks
from tracker.output.render.videos import RenderJob, render_videos
from tracker.running.build import build_associator
from tracker.running.ending import uninterrupted
from tracker.running.opening import OpenedRun, open_run
from tracker.running.options import PipelineConfig
from tracker.running.recording import Recording
from tracker.running.request import RunRequest
from tracker.running.tracked import Tracked, tracked
from tracker.running.writing import write_report, write_tracks
from tracker.single_camera.tracklets.encoding import encoded
from tracker.structures import TrackingResult
from tracker.video.clock import synchronized

LOGGER = logging.getLogger(__name__)


def track_videos(request: RunRequest, config: PipelineConfig | None = None) -> TrackingResult:
    """Track people through the videos and write everything into the output folder.

    Raises:
        InputError: A video, weights, a configuration or the output folder that cannot be used.
        KeyboardInterrupt: After Ctrl-C, when what was tracked until then has been written.
    """
    config = config or PipelineConfig()
    with ExitStack() as stack:
        with ExitStack() as videos:
            run = open_run(request, config, False, stack, videos)
            tracks = _track(run)
        with uninterrupted(tracks.stopped_by is not None):
            setup, result = _associate(run, tracks)
            write_tracks(run, tracks, setup, result)
        stopped_by, problems = tracks.stopped_by, []
        if stopped_by is None and config.output.video and (stopped_by := _draw(run, result)) is not None:
            problems.append(f"drawing stopped early: {str(stopped_by) or 'interrupted'}")
        with uninterrupted(stopped_by is not None):
            write_report(run, tracks, result, problems)
    if stopped_by is not None:
        raise stopped_by
    return result


def _track(run: OpenedRun) -> Tracked:
    """Run the loop over all frames, or as far as it goes."""
    expected = [reader.frames for reader in run.readers]
    total = None if None in expected else sum(n for n in expected if n)
    recording = Recording([reader.name for reader in run.readers], run.config.output.crops_per_tracklet)
    stopped_by: BaseException | None = None
    started = time.perf_counter()
    with progress_bar("tracking", total, run.request.quiet) as advance:
        try:
            for frames, tracks in run.loop.run(synchronized(run.readers)):
                with run.times.measure("collect"):
                    for frame, found in zip(frames, tracks, strict=True):
                        recording.add(frame, found)
                        advance()
        except (Exception, KeyboardInterrupt) as error:
            stopped_by = error
            LOGGER.warning("tracking stopped early; what was tracked so far is written to %s", run.folder.path)
    return tracked(run, recording, started, stopped_by)


def _associate(run: OpenedRun, tracks: Tracked) -> tuple[CameraSetup, TrackingResult]:
    """Identities over all cameras, and the cameras with what the run told of their clocks."""
    with run.times.measure("refine"):
        tracklets = encoded(tracks.recording.tracklets(run.config.refinement), run.encoder)
    with run.times.measure("associate"):
        setup = with_clocks(run.setup, tracklets)
        identities = build_associator(run.config, setup).associate(tracklets)
        if run.request.gallery is not None:
            slack_s = run.config.cross_camera.overlap_slack_s
            identities = recall_identities(run.request.gallery, run.reid_model, identities, slack_s)
    return setup, TrackingResult(tuple(reader.info() for reader in run.readers), tuple(identities))


def _draw(run: OpenedRun, result: TrackingResult) -> BaseException | None:
    """Annotate every video that can be read again; returns what stopped it early, if anything."""
    drawn = [reader for reader in run.readers if reader.frames_read and not reader.is_live]
    paths = run.folder.claim(*(f"{reader.name}.mp4" for reader in drawn))
    jobs = [
        RenderJob(reader.reopen, camera_tracks(result, reader.name), path)
        for reader, path in zip(drawn, paths, strict=True)
    ]
    options, frames = run.config.output, run.loop.counts["frames"]
    with run.times.measure("draw"), progress_bar("drawing", frames, run.request.quiet) as advance:
        try:
            render_videos(jobs, options.threads, options.trail_s, lambda _: advance())
        except (InputError, KeyboardInterrupt) as error:
            return error
    return None
