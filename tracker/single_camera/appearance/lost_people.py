"""People who left, known by their embedding for a while, so that one who comes back gets the old id.

Not tied to a place: an overlap gate would make re-entry impossible (BoT-SORT, issue 113).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tracker.single_camera.association.assignment import assign_optimal
from tracker.structures import FloatArray, IntArray

MAX_REMEMBERED = 1000
"""The longest gone are forgotten first beyond this number, which bounds memory."""


class LostPeople:
    """Ids, embeddings and times of dropped tracks; arrays, oldest first."""

    def __init__(self, memory_s: float, max_distance: float) -> None:
        self.memory_s = memory_s
        self.max_distance = max_distance
        self.track_ids: IntArray = np.zeros(0, np.int64)
        self.left_s: NDArray[np.float64] = np.zeros(0)
        self.embeddings: FloatArray = np.zeros((0, 0), np.float32)

    def __len__(self) -> int:
        return len(self.track_ids)

    def add(self, track_ids: IntArray, left_s: NDArray[np.float64], embeddings: FloatArray) -> None:
        """Remember tracks that were dropped, (N,), (N,) and unit embeddings (N, D)."""
        if not len(track_ids):
            return
        old = self.embeddings.reshape(-1, embeddings.shape[1])
        self.track_ids = np.concatenate([self.track_ids, track_ids])[-MAX_REMEMBERED:]
        self.left_s = np.concatenate([self.left_s, left_s])[-MAX_REMEMBERED:]
        self.embeddings = np.concatenate([old, embeddings])[-MAX_REMEMBERED:]

    def recall(
        self,
        embeddings: FloatArray,
        start_s: NDArray[np.float64],
        now_s: float,
        rescale: Callable[[NDArray], NDArray] = np.asarray,
    ) -> IntArray:
        """Ids of newcomers who are remembered, int64 (N,); 0 for those who are not. Recalled people leave the memory.

        Args:
            embeddings: float32 (N, D), unit length or zeros.
            start_s: (N,), when each newcomer was first seen: nobody returns before leaving.
            now_s: Present time, in seconds.
            rescale: Cosine distances to the scale of `max_distance`.
        """
        self._keep(self.left_s >= now_s - self.memory_s)
        ids = np.zeros(len(embeddings), np.int64)
        if not len(self) or not len(embeddings):
            return ids
        distance = rescale(1 - embeddings @ self.embeddings.T)  # (N, R)
        distance[start_s[:, None] <= self.left_s[None]] = 2.0
        distance[~embeddings.any(axis=1)] = 2.0
        rows, cols = np.nonzero(distance < self.max_distance)
        rows, cols = assign_optimal(rows, cols, distance[rows, cols], self.max_distance)
        ids[rows] = self.track_ids[cols]
        left = np.ones(len(self), np.bool_)
        left[cols] = False
        self._keep(left)
        return ids

    def _keep(self, kept: NDArray[np.bool_]) -> None:
        if not kept.all():
            self.track_ids, self.left_s, self.embeddings = (
                self.track_ids[kept],
                self.left_s[kept],
                self.embeddings[kept],
            )
