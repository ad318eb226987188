"""One pass over streams: numbers while people are in view, written as they are decided.

    <camera>.mp4     what was drawn when it happened; a track that is not decided yet has no number
    events.jsonl     "new", "found" and "merged" identities, one JSON object per line
    tracking.sqlite  every few seconds what is known until then
    <camera>.txt, identities.json, tracking.sqlite, people/, run.json     at the end or after Ctrl-C, with all merges

Everything about decisions is in `cross_camera.online`; this file moves frames and writes files.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import TextIO

import numpy as np

from crosscam.base.errors import InputError
from tracker.cross_camera.live.online_identities import ActiveTrack, IdentityEvent, OnlineIdentities
from tracker.output.render.annotator import Annotator
from tracker.running.build import build_online_identities
from tracker.running.live_store import LiveStore
from tracker.running.options import PipelineConfig
from tracker.running.session import Run, RunRequest, open_run, write_report, write_tracks
from tracker.single_camera.appearance.crop_quality import box_quality
from tracker.single_camera.tracklets.encoding import encoded
from tracker.structures import Frame, FrameTracks, Identity, TrackingResult, TrackKey, Tracklet
from tracker.video.clock import synchronized
from tracker.video.reader import VideoReader
from tracker.video.writer import VideoWriter

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
        run = open_run(request, config, stack)
        loop = run.load()
        identities = build_online_identities(config, run.setup, _background(run, stack))
        show, store = LiveOutput(run, stack), LiveStore(run, stack)
        run.started = time.perf_counter()
        try:
            for frames, tracks in loop.run(synchronized(run.readers)):
                time_s = max(frame.time_s for frame in frames)
                with run.times.measure("associate"):
                    numbers = identities.step(time_s, active_tracks(frames, tracks))
                with run.times.measure("write"):
                    show.instant(frames, tracks, numbers, identities.take_events())
                    if store.is_due(time_s):
                        show.numbers = corrected(show.numbers, identities)
                        store.update(time_s, show.numbers)
        except KeyboardInterrupt:
            run.problems.append("stopped by the user")
        run.finish(loop)
        refinement = config.refinement.model_copy(update=WHOLE_TRACKS)
        tracklets = encoded(run.recording.tracklets(refinement), run.encoder)
        identities.finish(max((t.end_s for t in tracklets), default=0.0))
    result = final_result(run, tracklets, corrected(show.numbers, identities))
    write_tracks(run, result)
    write_report(run, loop, result)
    return result


def _background(run: Run, stack: ExitStack) -> Executor | None:
    """A thread for looks back where a stream does not wait; files do, so that their results are the same every time."""
    if not any(reader.is_live for reader in run.readers):
        return None
    return stack.enter_context(ThreadPoolExecutor(1, "second-look"))


def active_tracks(frames: Sequence[Frame], tracks: Sequence[FrameTracks]) -> list[ActiveTrack]:
    """The confirmed tracks of all cameras at one instant."""
    active = []
    for frame, found in zip(frames, tracks, strict=True):
        height, width = frame.image.shape[:2]
        qualities = box_quality(found.boxes, found.scores, width, height)
        for row, track_id in enumerate(found.track_ids.tolist()):
            embedding = None if found.embeddings is None else found.embeddings[row]
            active.append(ActiveTrack(frame.camera_id, track_id, found.boxes[row], embedding, float(qualities[row])))
    return active


class LiveOutput:
    """Draws and records each instant, and keeps the number of every track.

    Args:
        run: The run whose folder is written to.
        stack: Closes the files when the run ends.
    """

    def __init__(self, run: Run, stack: ExitStack) -> None:
        self.numbers: dict[TrackKey, int] = {}
        self._run = run
        self._stack = stack
        self._readers = {reader.name: reader for reader in run.readers}
        self._screens: dict[str, tuple[Annotator, VideoWriter]] = {}
        self._events: TextIO = stack.enter_context((run.folder / "events.jsonl").open("w", encoding="utf-8"))

    def instant(
        self,
        frames: Sequence[Frame],
        tracks: Sequence[FrameTracks],
        numbers: Mapping[TrackKey, int | None],
        events: Sequence[IdentityEvent],
    ) -> None:
        """Take one instant and what was decided in it."""
        self.numbers |= {key: number for key, number in numbers.items() if number is not None}
        for frame, found in zip(frames, tracks, strict=True):
            self._run.recording.add(frame, found)
            self._draw(frame, found, numbers)
        for event in events:
            self._events.write(json.dumps({k: v for k, v in asdict(event).items() if v is not None}) + "\n")
        self._events.flush()

    def _draw(self, frame: Frame, found: FrameTracks, numbers: Mapping[TrackKey, int | None]) -> None:
        if not self._run.config.output.video:
            return
        annotator, writer = self._screen(frame.camera_id)
        ids = [numbers.get((frame.camera_id, track_id)) for track_id in found.track_ids.tolist()]
        known = np.array([number is not None for number in ids], bool)
        chosen = np.array([number for number in ids if number is not None], np.int64)
        image = frame.image.copy()  # the frame may still be read by others
        writer.write(annotator.draw(image, frame.time_s, chosen, found.boxes[known], found.scores[known]), frame.time_s)

    def _screen(self, camera: str) -> tuple[Annotator, VideoWriter]:
        """What draws and records a camera; made at its first frame, as a lost camera's size is not known before."""
        if camera not in self._screens:
            reader = self._readers[camera]
            annotator = Annotator(camera, reader.width, reader.height, self._run.config.output.trail_s)
            self._screens[camera] = annotator, self._stack.enter_context(_recorder(self._run, reader))
        return self._screens[camera]


def corrected(numbers: Mapping[TrackKey, int], identities: OnlineIdentities) -> dict[TrackKey, int]:
    """The number of every track as it is known now: the last minutes decided again, and all merges."""
    current = {key: number for key, number in identities.current().items() if number is not None}
    return {key: identities.identity_of(number) for key, number in {**numbers, **current}.items()}


def final_result(run: Run, tracklets: Sequence[Tracklet], numbers: Mapping[TrackKey, int]) -> TrackingResult:
    """All tracklets under their final numbers; tracks never decided get numbers of their own."""
    members: dict[int, list[Tracklet]] = {}
    fresh = max(numbers.values(), default=0) + 1
    for tracklet in sorted(tracklets, key=lambda t: (t.start_s, t.camera_id, t.track_id)):
        number = numbers.get((tracklet.camera_id, tracklet.track_id))
        if number is None:
            number, fresh = fresh, fresh + 1
        members.setdefault(number, []).append(tracklet)
    run.counts |= {"tracklets": len(tracklets), "identities": len(members)}
    people = tuple(Identity(number, tuple(members[number])) for number in sorted(members))
    return TrackingResult(tuple(reader.info() for reader in run.readers), people)


def _recorder(run: Run, reader: VideoReader) -> VideoWriter:
    path: Path = run.folder / f"{reader.name}.mp4"
    return VideoWriter(
        path, reader.width, reader.height, reader.fps, reader.time_base, threaded=True, is_recording=True
    )
