"""What a killed live run leaves: a `tracking.sqlite` that grows while the cameras run.

Only what is new is written: boxes since the last time, crops and looks of the people in view, numbers that changed. So
it takes no longer late in a run than early. Tracks are stored as they were tracked; at the end the file is replaced by
one with refined tracks and positions on the floor.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import ExitStack

from crosscam.base.errors import InputError
from tracker.output.people.crops import Crop
from tracker.output.store.writer import StoreWriter
from tracker.running.session import Run
from tracker.structures import TrackKey, Tracklet


class LiveStore:
    """The store of a live run.

    Args:
        run: What is stored, and where.
        stack: Closes the file when the run ends.

    Raises:
        InputError: The file cannot be created.
    """

    def __init__(self, run: Run, stack: ExitStack) -> None:
        self._run = run
        self._path = run.folder / "tracking.sqlite"
        self._store = stack.enter_context(StoreWriter(self._path))
        self._store.set_meta({"reid_model": run.reid_model})
        self._boxes = dict.fromkeys(run.recording.collectors, 0)  # stored so far, by camera
        self._numbers: dict[TrackKey, int] = {}
        self._stored_s: float | None = None

    def is_due(self, time_s: float) -> bool:
        """Whether `output.store_s` seconds have passed since the last update."""
        if self._stored_s is None:
            self._stored_s = time_s
        return time_s - self._stored_s >= self._run.config.output.store_s

    def update(self, time_s: float, numbers: Mapping[TrackKey, int]) -> None:
        """Store what is new.

        Args:
            time_s: Present time, in seconds.
            numbers: The identity of every track that has one, as it is known now.

        Raises:
            InputError: The file cannot be written, as when the disk is full.
        """
        self._stored_s = time_s
        changed = {key: (number, 1.0) for key, number in numbers.items() if self._numbers.get(key) != number}
        try:
            for reader in self._run.readers:
                self._store.add_camera(reader.info())
            for camera, collector in self._run.recording.collectors.items():
                self._store.add_tracklets(collector.tracklets(self._boxes[camera]), self._crops)
                self._boxes[camera] = len(collector)
            self._store.assign(changed)
        except sqlite3.Error as error:
            raise InputError(f"cannot write {self._path}: {error}") from error
        self._numbers.update(numbers)

    def _crops(self, tracklet: Tracklet) -> list[Crop]:
        return self._run.recording.crops.of_track(tracklet.camera_id, tracklet.track_id)
