"""What a live run shows while it goes: annotated videos and events."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict

import numpy as np

from tracker.cross_camera.live.identity_events import IdentityEvent
from tracker.output.render.annotator import Annotator
from tracker.output.results_folder import ResultsFolder
from tracker.running.opening import OpenedRun
from tracker.structures import Frame, FrameTracks, TrackKey
from tracker.video.writer import VideoWriter


class EventFile:
    """`events.jsonl`: one JSON object per line, written when it happened.

    Args:
        folder: Where it lies.
        stack: Closes the file when the run ends.
    """

    def __init__(self, folder: ResultsFolder, stack: ExitStack) -> None:
        (path,) = folder.claim("events.jsonl")
        self._file = stack.enter_context(path.open("w", encoding="utf-8"))

    def write(self, events: Sequence[IdentityEvent]) -> None:
        """Add events, in order of time."""
        for event in events:
            self._file.write(json.dumps({k: v for k, v in asdict(event).items() if v is not None}) + "\n")
        self._file.flush()


class LiveVideos:
    """Draws and records each instant; a track that is not decided yet is not drawn.

    Args:
        run: The run whose folder is written to.
        stack: Closes the videos when the run ends.
    """

    def __init__(self, run: OpenedRun, stack: ExitStack) -> None:
        self._run, self._stack = run, stack
        self._readers = {reader.name: reader for reader in run.readers}
        self._screens: dict[str, tuple[Annotator, VideoWriter]] = {}

    def draw(
        self, frames: Sequence[Frame], tracks: Sequence[FrameTracks], decided: Mapping[TrackKey, int | None]
    ) -> None:
        """Record one instant with the identities that were decided in it."""
        for frame, found in zip(frames, tracks, strict=True):
            annotator, writer = self._screen(frame.camera_id)
            ids = [decided.get((frame.camera_id, track_id)) for track_id in found.track_ids.tolist()]
            known = np.array([identity_id is not None for identity_id in ids], bool)
            shown = np.array([identity_id for identity_id in ids if identity_id is not None], np.int64)
            image = frame.image.copy()  # the frame may still be read by others
            drawn = annotator.draw(image, frame.time_s, shown, found.boxes[known], found.scores[known])
            writer.write(drawn, frame.time_s)

    def _screen(self, camera: str) -> tuple[Annotator, VideoWriter]:
        """What draws and records a camera; made at its first frame, as a lost camera's size is not known before."""
        if camera not in self._screens:
            reader = self._readers[camera]
            annotator = Annotator(camera, reader.width, reader.height, self._run.config.output.trail_s)
            (path,) = self._run.folder.claim(f"{camera}.mp4")
            writer = VideoWriter(
                path, reader.width, reader.height, reader.fps, reader.time_base, threaded=True, is_recording=True
            )
            self._screens[camera] = annotator, self._stack.enter_context(writer)
        return self._screens[camera]
