"""A bounded choice of each track's crops: good ones that differ from each other, as embeddings."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tracker.structures import FloatArray, IntArray

NEW_LOOK = 0.05
"""A crop whose cosine distance to a stored one is smaller shows the same look: the better of the two is kept."""


class SampleStore:
    """At most `max_samples` embeddings per track, in one pool; memory grows with the samples there are.

    A crop much like a stored one replaces it if its quality is better. A crop unlike all stored ones is added; when the
    track has no room left, it replaces the worse crop of the two most similar stored ones, if it differs more from all
    than those two from each other. So a track that mixes two people keeps crops of both.
    """

    def __init__(self, max_samples: int) -> None:
        self._max = max_samples
        self._slots: NDArray[np.int64] = np.full((64, max_samples), -1)  # (T, K), rows of the pool
        self._counts: NDArray[np.int64] = np.zeros(64, np.int64)
        self._closest: FloatArray = np.zeros(64, np.float32)  # (T,), least distance between two stored crops
        self._pool: NDArray[np.float16] = np.zeros((64, 0), np.float16)
        self._quality: FloatArray = np.zeros(64, np.float32)
        self._frame: IntArray = np.zeros(64, np.int64)
        self._used = 0

    def offer(self, tracks: IntArray, embeddings: FloatArray, qualities: FloatArray, frame: int) -> None:
        """Take this frame's crops into account.

        Args:
            tracks: int64 (N,), number of each crop's track, no two alike.
            embeddings: float32 (N, D), unit length.
            qualities: float32 (N,).
            frame: Index of the frame.
        """
        if not len(tracks):
            return
        self._make_room(int(tracks.max()) + 1, embeddings.shape[1])
        distance = self._distances(tracks, embeddings)  # (N, K), inf at empty slots
        nearest = distance.argmin(axis=1)
        novelty = distance[np.arange(len(tracks)), nearest]
        held = self._slots[tracks, nearest]
        is_new = novelty > NEW_LOOK
        better = ~is_new & (qualities > self._quality[held])
        self._write(held[better], embeddings[better], qualities[better], frame)
        has_room = self._counts[tracks] < self._max
        self._append(tracks, embeddings, qualities, frame, np.flatnonzero(is_new & has_room))
        swap = np.flatnonzero(is_new & ~has_room & (novelty > self._closest[tracks]))
        if len(swap):
            slots = self._worse_of_closest(tracks[swap])
            self._write(slots, embeddings[swap], qualities[swap], frame)
            self._measure_closest(tracks[swap])

    def of_track(self, track: int) -> tuple[FloatArray, FloatArray, IntArray]:
        """Samples (K, D), qualities (K,) and frame indices (K,) of one track, in order of time."""
        if track >= len(self._counts):
            return np.zeros((0, self._pool.shape[1]), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int64)
        rows = self._slots[track, : self._counts[track]]
        rows = rows[np.argsort(self._frame[rows], kind="stable")]
        samples = self._pool[rows].astype(np.float32)
        samples /= np.maximum(np.linalg.norm(samples, axis=1, keepdims=True), 1e-6)
        return samples, self._quality[rows].copy(), self._frame[rows].copy()

    def _distances(self, tracks: IntArray, embeddings: FloatArray) -> FloatArray:
        """Cosine distance of each crop to each stored one of its track, (N, K)."""
        slots = self._slots[tracks]
        stored = self._pool[slots].astype(np.float32)  # (N, K, D)
        distance = 1 - np.matmul(stored, embeddings[:, :, None])[:, :, 0]
        return np.where(slots < 0, np.inf, distance)

    def _append(
        self, tracks: IntArray, embeddings: FloatArray, qualities: FloatArray, frame: int, chosen: IntArray
    ) -> None:
        count = len(chosen)
        if not count:
            return
        if self._used + count > len(self._pool):
            room = max(2 * len(self._pool), self._used + count)
            self._pool, self._quality, self._frame = (
                _grow(values, room) for values in (self._pool, self._quality, self._frame)
            )
        new = np.arange(self._used, self._used + count)
        self._used += count
        owners = tracks[chosen]
        self._slots[owners, self._counts[owners]] = new
        self._counts[owners] += 1
        self._write(new, embeddings[chosen], qualities[chosen], frame)
        self._measure_closest(owners[self._counts[owners] == self._max])

    def _write(self, slots: IntArray, embeddings: FloatArray, qualities: FloatArray, frame: int) -> None:
        self._pool[slots] = embeddings
        self._quality[slots] = qualities
        self._frame[slots] = frame

    def _pair_distances(self, tracks: IntArray) -> FloatArray:
        """Distances between the stored crops of full tracks, inf on the diagonal, (N, K, K)."""
        stored = self._pool[self._slots[tracks]].astype(np.float32)
        distance = 1 - stored @ stored.transpose(0, 2, 1)
        index = np.arange(self._max)
        distance[:, index, index] = np.inf
        return distance

    def _measure_closest(self, tracks: IntArray) -> None:
        if len(tracks):
            self._closest[tracks] = self._pair_distances(tracks).min(axis=(1, 2))

    def _worse_of_closest(self, tracks: IntArray) -> IntArray:
        """Pool row of the worse crop of each full track's most similar two, (N,)."""
        distance = self._pair_distances(tracks)
        first, second = np.divmod(distance.reshape(len(tracks), -1).argmin(axis=1), self._max)
        a, b = self._slots[tracks, first], self._slots[tracks, second]
        return np.where(self._quality[a] < self._quality[b], a, b)

    def _make_room(self, tracks: int, dimension: int) -> None:
        if tracks > len(self._counts):
            room = max(2 * len(self._counts), tracks)
            self._slots = _grow(self._slots, room, fill=-1)
            self._counts, self._closest = _grow(self._counts, room), _grow(self._closest, room)
        if not self._pool.shape[1]:
            self._pool = np.zeros((len(self._pool), dimension), np.float16)


def _grow(values: NDArray, room: int, fill: int = 0) -> NDArray:
    """The values in a larger array."""
    larger = np.full((room, *values.shape[1:]), fill, values.dtype)
    larger[: len(values)] = values
    return larger
