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
from tracker.cross_camera.floor.clock import with_clocks
from tracker.cross_camera.gallery.gallery_file import recall_identities
from tracker.formats.camera_tracks import camera_tracks
from tracker.output.render.videos import RenderJob, render_videos
from tracker.running.build import build_associator
from tracker.running.loop import TrackingLoop
from tracker.running.options import PipelineConfig
from tracker.running.session import Run, RunRequest, open_run, write_report, write_tracks
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
        tracklets = encoded(run.recording.tracklets(run.config.refinement), run.encoder)
    with run.times.measure("associate"):
        run.setup = with_clocks(run.setup, tracklets)
        identities = build_associator(run.config, run.setup).associate(tracklets)
        if run.request.gallery is not None:
            identities = recall_identities(run.request.gallery, run.reid_model, identities)
    run.counts |= {"tracklets": len(tracklets), "identities": len(identities)}
    return TrackingResult(tuple(reader.info() for reader in run.readers), tuple(identities))


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
