"""The table of live tracks: one row per track, one array per quantity; private to one tracker."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tracker.single_camera.association.options import LOST, TENTATIVE, TRACKED

__all__ = ["FRAMES", "LOST", "TENTATIVE", "TRACKED", "TrackTable"]

OBSERVATIONS = 4
"""Boxes kept per track, the newest first: the direction of motion is taken over three steps (OC-SORT's Δt = 3)."""

FRAMES = 4
"""Frames of which a track knows its detection, the newest first: with these it begins when it is confirmed."""


class TrackTable:
    """Arrays with room to grow; rows 0 to `len(table)` are live.

    Columns, with the shape of one row:
        track_id (): int64, 0 until the track is confirmed.
        state (): int8, TENTATIVE, TRACKED or LOST.
        hits (): int64, detections so far.
        detection (): int64, the detection matched in this frame, -1 for none.
        earlier (FRAMES - 1,): int64, those of the frames before, the newest first.
        start_s, seen_s (): float64, time of the first and of the last detection.
        score (): float32, of the last detection.
        observed (OBSERVATIONS, 4): float32, the last detected boxes, newest first.
        mean (8,), covariance (...): float64, the filter now.
        settled_mean (8,), settled_covariance (...): float64, the filter after the last detection.
        embedding (D,): float32 of unit length, or zeros.
        embedded_s (): float64, time of the embedding's last refresh, -inf if there is none.
        crop_quality (): float32, best plain quality among the crops embedded so far.

    Removing rows moves the last ones into the holes, so a row's number is valid only until then.
    """

    def __init__(self, covariance_shape: tuple[int, ...], capacity: int = 64) -> None:
        self._count = 0
        self._capacity = capacity
        schema: dict[str, tuple[type, tuple[int, ...]]] = {
            "track_id": (np.int64, ()),
            "state": (np.int8, ()),
            "hits": (np.int64, ()),
            "detection": (np.int64, ()),
            "earlier": (np.int64, (FRAMES - 1,)),
            "start_s": (np.float64, ()),
            "seen_s": (np.float64, ()),
            "score": (np.float32, ()),
            "observed": (np.float32, (OBSERVATIONS, 4)),
            "mean": (np.float64, (8,)),
            "covariance": (np.float64, covariance_shape),
            "settled_mean": (np.float64, (8,)),
            "settled_covariance": (np.float64, covariance_shape),
            "embedding": (np.float32, (0,)),
            "embedded_s": (np.float64, ()),
            "crop_quality": (np.float32, ()),
        }
        self._columns: dict[str, NDArray] = {
            name: np.zeros((capacity, *shape), dtype) for name, (dtype, shape) in schema.items()
        }

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, column: str) -> NDArray:
        """The live rows of one column: a view, to be read and written."""
        return self._columns[column][: self._count]

    @property
    def dimension(self) -> int:
        """Length of an embedding, 0 before the first one was seen."""
        return int(self._columns["embedding"].shape[1])

    def set_dimension(self, dimension: int) -> None:
        """Make room for embeddings of this length; tracks so far have none."""
        self._columns["embedding"] = np.zeros((self._capacity, dimension), np.float32)

    def replace(self, column: str, values: NDArray) -> None:
        """Give a column other values and another shape per row, (len(self), ...)."""
        room = np.zeros((self._capacity, *values.shape[1:]), values.dtype)
        room[: self._count] = values
        self._columns[column] = room

    def append(self, count: int) -> slice:
        """Add rows of zeros.

        Returns:
            Where they are.
        """
        start, stop = self._count, self._count + count
        if stop > self._capacity:
            self._resize(max(stop, 2 * self._capacity))
        for values in self._columns.values():
            values[start:stop] = 0
        self._count = stop
        return slice(start, stop)

    def remove(self, dead: NDArray[np.bool_]) -> None:
        """Drop the rows where `dead`, bool (len(self),)."""
        kept = self._count - int(np.count_nonzero(dead))
        if kept == self._count:
            return
        holes = np.flatnonzero(dead[:kept])
        movers = kept + np.flatnonzero(~dead[kept:])
        if len(holes):
            for values in self._columns.values():
                values[holes] = values[movers]
        self._count = kept
        if self._capacity > 256 and kept < self._capacity // 8:
            self._resize(self._capacity // 4)

    def _resize(self, capacity: int) -> None:
        for name, values in self._columns.items():
            room = np.zeros((capacity, *values.shape[1:]), values.dtype)
            room[: self._count] = values[: self._count]
            self._columns[name] = room
        self._capacity = capacity
