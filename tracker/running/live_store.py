"""What a killed live run leaves: a `tracking.sqlite` that grows while the cameras run.

Only what is new is written: boxes since the last time, crops and embeddings of the people in view, identities that
changed. So it takes no longer late in a run than early. Tracks are stored as they were tracked; at the end the file is
replaced by one with refined tracks and positions on the floor.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import ExitStack

from crosscam.base.errors import InputError
from tracker.output.people.crops import Crop
from tracker.output.store.writer import StoreWriter
from tracker.running.opening import OpenedRun
from tracker.running.recording import Recording
from tracker.structures import TrackKey, Tracklet


class LiveStore:
    """The store of a live run.

    Args:
        run: Where it is stored.
        recording: What is stored.
        stack: Closes the file when the run ends.

    Raises:
        InputError: The file cannot be created.
    """

    def __init__(self, run: OpenedRun, recording: Recording, stack: ExitStack) -> None:
        self._run, self._recording = run, recording
        (self._path,) = run.folder.claim("tracking.sqlite")
        self._store = stack.enter_context(StoreWriter(self._path))
        self._store.set_meta({"reid_model": run.reid_model})
        self._boxes = dict.fromkeys(recording.collectors, 0)  # stored so far, by camera
        self._known: dict[TrackKey, int] = {}
        self._stored_s: float | None = None

    def is_due(self, time_s: float) -> bool:
        """Whether `output.store_s` seconds have passed since the last update."""
        if self._stored_s is None:
            self._stored_s = time_s
        return time_s - self._stored_s >= self._run.config.output.store_s

    def update(self, time_s: float, known: Mapping[TrackKey, int]) -> None:
        """Store what is new.

        Args:
            time_s: Present time, in seconds.
            known: The identity of every track that has one, as it is known now.

        Raises:
            InputError: The file cannot be written, as when the disk is full.
        """
        self._stored_s = time_s
        changed = {key: (identity_id, 1.0) for key, identity_id in known.items() if self._known.get(key) != identity_id}
        try:
            for reader in self._run.readers:
                self._store.add_camera(reader.info())
            for camera, collector in self._recording.collectors.items():
                self._store.add_tracklets(collector.tracklets(self._boxes[camera]), self._crops)
                self._boxes[camera] = len(collector)
            self._store.assign(changed)
        except sqlite3.Error as error:
            raise InputError(f"cannot write {self._path}: {error}") from error
        self._known.update(known)

    def _crops(self, tracklet: Tracklet) -> list[Crop]:
        return self._recording.crops.of_track(tracklet.camera_id, tracklet.track_id)
