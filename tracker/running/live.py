"""One pass over streams: numbers while people are in view, written as they are decided.

    <camera>.mp4     what was drawn when it happened; a track that is not decided yet has no number
    events.jsonl     "new", "found" and "merged" identities, one JSON object per line
    tracking.sqlite  every few seconds what is known until then
    <camera>.txt, identities.json, tracking.sqlite, people/, run.json     at the end or after Ctrl-C, with all merges

Everything about decisions is in `cross_camera.live`; this file moves frames and hands on what was decided.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import ExitStack

from crosscam.base.errors import InputError
from tracker.cross_camera.live.online_identities import OnlineIdentities
from tracker.cross_camera.live.online_track import ActiveTrack
from tracker.running.build import build_online_identities
from tracker.running.ending import uninterrupted
from tracker.running.live_output import EventFile, LiveVideos
from tracker.running.live_store import LiveStore
from tracker.running.opening import OpenedRun, open_run
from tracker.running.options import PipelineConfig
from tracker.running.recording import Recording
from tracker.running.request import RunRequest
from tracker.running.tracked import Tracked, tracked
from tracker.running.writing import write_report, write_tracks
from tracker.single_camera.tracklets.encoding import encoded
from tracker.structures import FloatArray, Frame, FrameTracks, Identity, TrackingResult, TrackKey, Tracklet
from tracker.video.clock import synchronized

WHOLE_TRACKS = {"split": None, "absence": None, "stitch": None}
"""Changes to the refinement: a track that has a number is neither cut nor joined afterwards."""


def track_live(request: RunRequest, config: PipelineConfig | None = None) -> TrackingResult:
    """Track streams (or files, as if they were streams) until they end or Ctrl-C, then write the tracks.

    Raises:
        InputError: A stream, weights, a configuration, a gallery or the output folder that cannot be used.
    """
    if request.gallery is not None:
        raise InputError("a gallery keeps numbers between runs over recorded videos; live streams cannot use one")
    config = config or PipelineConfig()
    with ExitStack() as stack:
        with ExitStack() as videos:
            run = open_run(request, config, True, stack, videos)
            identities = build_online_identities(config, run.setup, _background(run, videos))
            tracks, known = _track(run, identities, videos)
            with uninterrupted(True):
                refinement = config.refinement.model_copy(update=WHOLE_TRACKS)
                tracklets = encoded(tracks.recording.tracklets(refinement), run.encoder)
                identities.finish(max((t.end_s for t in tracklets), default=0.0))
        with uninterrupted(True):
            result = final_result(run, tracklets, corrected(known, identities))
            write_tracks(run, tracks, run.setup, result)
            write_report(run, tracks, result)
    return result


def _track(run: OpenedRun, identities: OnlineIdentities, stack: ExitStack) -> tuple[Tracked, dict[TrackKey, int]]:
    """Run until the streams end or somebody stops it; the identity of every track that got one."""
    recording = Recording([reader.name for reader in run.readers], run.config.output.crops_per_tracklet)
    videos = LiveVideos(run, stack) if run.config.output.video else None
    events, store = EventFile(run.folder, stack), LiveStore(run, recording, stack)
    known: dict[TrackKey, int] = {}
    stopped_by: BaseException | None = None
    started = time.perf_counter()
    try:
        for frames, tracks in run.loop.run(synchronized(run.readers)):
            time_s = max(frame.time_s for frame in frames)
            with run.times.measure("collect"):
                qualities = [recording.add(frame, found) for frame, found in zip(frames, tracks, strict=True)]
            with run.times.measure("associate"):
                decided = identities.step(time_s, active_tracks(frames, tracks, qualities))
                known |= {key: identity_id for key, identity_id in decided.items() if identity_id is not None}
            with run.times.measure("write"):
                if videos is not None:
                    videos.draw(frames, tracks, decided)
                events.write(identities.take_events())
                if store.is_due(time_s):
                    known = corrected(known, identities)
                    store.update(time_s, known)
    except KeyboardInterrupt as error:
        stopped_by = error
    return tracked(run, recording, started, stopped_by), known


def _background(run: OpenedRun, stack: ExitStack) -> Executor | None:
    """A thread for looks back where a stream does not wait; files do, so that their results are the same every time."""
    if not any(reader.is_live for reader in run.readers):
        return None
    return stack.enter_context(ThreadPoolExecutor(1, "second-look"))


def active_tracks(
    frames: Sequence[Frame], tracks: Sequence[FrameTracks], qualities: Sequence[FloatArray]
) -> list[ActiveTrack]:
    """The confirmed tracks of all cameras at one instant, with the quality of their crops."""
    active = []
    for frame, found, quality in zip(frames, tracks, qualities, strict=True):
        for row, track_id in enumerate(found.track_ids.tolist()):
            embedding = None if found.embeddings is None else found.embeddings[row]
            active.append(ActiveTrack(frame.camera_id, track_id, found.boxes[row], embedding, float(quality[row])))
    return active


def corrected(known: Mapping[TrackKey, int], identities: OnlineIdentities) -> dict[TrackKey, int]:
    """The identity of every track as it is known now: the last minutes decided again, and all merges."""
    current = {key: identity_id for key, identity_id in identities.current().items() if identity_id is not None}
    return {key: identities.identity_of(identity_id) for key, identity_id in {**known, **current}.items()}


def final_result(run: OpenedRun, tracklets: Sequence[Tracklet], known: Mapping[TrackKey, int]) -> TrackingResult:
    """All tracklets under their final identities; tracks never decided get identities of their own."""
    members: dict[int, list[Tracklet]] = {}
    fresh = max(known.values(), default=0) + 1
    for tracklet in sorted(tracklets, key=lambda t: (t.start_s, t.camera_id, t.track_id)):
        identity_id = known.get((tracklet.camera_id, tracklet.track_id))
        if identity_id is None:
            identity_id, fresh = fresh, fresh + 1
        members.setdefault(identity_id, []).append(tracklet)
    identities = tuple(Identity(identity_id, tuple(members[identity_id])) for identity_id in sorted(members))
    return TrackingResult(tuple(reader.info() for reader in run.readers), identities)
