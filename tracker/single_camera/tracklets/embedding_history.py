"""A bounded history of each track's embeddings, a mean for each of consecutive spans of time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tracker.structures import FloatArray, IntArray

LEAST_WEIGHT = 1e-3
"""Quality that even the worst crop counts with."""


class EmbeddingHistory:
    """At most `max_spans` mean embeddings per track, in order of time, in one pool; memory grows with what there is.

    Every crop starts a span of its own. When a track has no room left, the two neighbouring spans that lose least by it
    become one (Ward's criterion, of neighbours only: bottom-up segmentation of a time series, Keogh et al., ICDM 2001).
    So a span is long while the appearance stays, a change of person falls between two spans, and all crops count,
    weighted with the square of their quality.
    """

    def __init__(self, max_spans: int) -> None:
        self._max = max_spans
        self._slots: NDArray[np.int64] = np.full((64, max_spans), -1)  # (T, K), rows of the pool, by time
        self._counts: NDArray[np.int64] = np.zeros(64, np.int64)
        self._pool: FloatArray = np.zeros((64, 0), np.float32)  # (P, D), means, not of unit length
        self._weight: FloatArray = np.zeros(64, np.float32)  # (P,), sums of squared qualities
        self._frame: IntArray = np.zeros(64, np.int64)  # (P,), index of its first frame
        self._used = 0

    def offer(self, tracks: IntArray, embeddings: FloatArray, qualities: FloatArray, frame: int) -> None:
        """Take this frame's crops into account.

        Args:
            tracks: int64 (N,), number of each crop's track, no two alike.
            embeddings: float32 (N, D), unit length.
            qualities: float32 (N,), in [0, 1].
            frame: Index of the frame, later than all before.
        """
        if not len(tracks):
            return
        self._make_room(int(tracks.max()) + 1, embeddings.shape[1])
        full = self._counts[tracks] == self._max
        slots = np.empty(len(tracks), np.int64)
        slots[full] = self._merge(tracks[full])
        slots[~full] = self._new_slots(int((~full).sum()))
        self._slots[tracks, self._counts[tracks]] = slots
        self._counts[tracks] += 1
        self._pool[slots] = embeddings
        self._weight[slots] = np.maximum(qualities, LEAST_WEIGHT) ** 2
        self._frame[slots] = frame

    def of_track(self, track: int) -> tuple[FloatArray, FloatArray, IntArray]:
        """Looks (K, D) of unit length, the roots of their weights (K,) and their first frames (K,), by time."""
        if track >= len(self._counts):
            return np.zeros((0, self._pool.shape[1]), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int64)
        rows = self._slots[track, : self._counts[track]]
        means = self._pool[rows] / np.maximum(np.linalg.norm(self._pool[rows], axis=1, keepdims=True), 1e-6)
        return means, np.sqrt(self._weight[rows]), self._frame[rows]

    def _merge(self, tracks: IntArray) -> IntArray:
        """Join the two neighbouring spans of full tracks that lose least; the pool rows that become free, (N,)."""
        slots = self._slots[tracks]
        means, weights = self._pool[slots], self._weight[slots]  # (N, K, D), (N, K)
        apart = np.square(means[:, 1:] - means[:, :-1]).sum(axis=2)
        loss = apart * weights[:, 1:] * weights[:, :-1] / (weights[:, 1:] + weights[:, :-1])
        first = loss.argmin(axis=1)
        each = np.arange(len(tracks))
        kept, freed = slots[each, first], slots[each, first + 1]
        share = (self._weight[freed] / (self._weight[kept] + self._weight[freed]))[:, None]
        self._pool[kept] += share * (self._pool[freed] - self._pool[kept])
        self._weight[kept] += self._weight[freed]
        order = np.arange(self._max - 1)
        self._slots[tracks[:, None], order] = slots[each[:, None], order + (order > first[:, None])]
        self._counts[tracks] -= 1
        return freed

    def _new_slots(self, count: int) -> IntArray:
        if self._used + count > len(self._pool):
            room = max(2 * len(self._pool), self._used + count)
            self._pool, self._weight, self._frame = (
                _grow(values, room) for values in (self._pool, self._weight, self._frame)
            )
        self._used += count
        return np.arange(self._used - count, self._used)

    def _make_room(self, tracks: int, dimension: int) -> None:
        if tracks > len(self._counts):
            room = max(2 * len(self._counts), tracks)
            self._slots, self._counts = _grow(self._slots, room, fill=-1), _grow(self._counts, room)
        if not self._pool.shape[1]:
            self._pool = np.zeros((len(self._pool), dimension), np.float32)


def _grow(values: NDArray, room: int, fill: int = 0) -> NDArray:
    """The values in a larger array."""
    larger = np.full((room, *values.shape[1:]), fill, values.dtype)
    larger[: len(values)] = values
    return larger
