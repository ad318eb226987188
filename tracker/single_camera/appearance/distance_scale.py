"""What a cosine distance means for the embedder at hand, learned while tracking.

Embedders differ: for one, crops of a person lie 0.1 apart and people 0.5; for another 0.02 and 0.1. Gates and weights
are written for the first kind, and distances of every other kind are brought to that scale.
"""

from __future__ import annotations

import numpy as np

from tracker.structures import FloatArray

SAME, SAME_SPREAD, DIFFERENT = 0.10, 0.06, 0.50
"""Mean and spread of distances of one person's crops to the track's embedding, and mean between people: the scale that
the options are written in, and the start for embedders of which nothing is known (OSNet x0.25 has it, on nine
development videos)."""

START_WEIGHT = 500.0
"""Pairs that the start counts as much as."""

MEMORY_PAIRS = 5000.0
"""Older pairs fade beyond this number."""

PAIRS_PER_FRAME = 64
"""At most this many pairs of each kind are looked at in one frame."""


class AppearanceScale:
    """Running statistics of distances within and between people; `apply` brings distances to the reference scale.

    Args:
        start: Mean and standard deviation within one person and mean between people, as far as the embedder's maker
            knows them; the run's own distances take over.

    Attributes:
        noise: Distance within one person over that between people, as known at the start.
    """

    def __init__(self, start: tuple[float, float, float] | None = None) -> None:
        same, spread, different = start or (SAME, SAME_SPREAD, DIFFERENT)
        self._same, self._square, self._different = same, same**2 + spread**2, different
        self.noise = same / max(different, 1e-4)
        self._same_count = self._different_count = START_WEIGHT

    @property
    def slope(self) -> float:
        """Factor on distances beyond the mean within a person.

        The smaller of two: that which brings the gap between people to the reference, and that which brings the spread
        within a person to it. So an embedder that scatters decides less, rather than wrongly.
        """
        spread = max(self._square - self._same**2, 1e-8) ** 0.5
        gap = max(self._different - self._same, 1e-4)
        return min((DIFFERENT - SAME) / gap, SAME_SPREAD / spread)

    def apply(self, distance: FloatArray) -> FloatArray:
        """Cosine distances on the reference scale, of the same shape; may be slightly negative."""
        return np.float32(SAME) + (distance - np.float32(self._same)) * np.float32(self.slope)

    def learn(self, tracks: FloatArray, detections: FloatArray) -> None:
        """Take matched pairs into account: embeddings of tracks and of their detections, float32 (K, D) each.

        Each track against its own detection, and against that of the next track in the list, who is another person.
        """
        tracks, detections = tracks[:PAIRS_PER_FRAME], detections[:PAIRS_PER_FRAME]
        count = len(tracks)
        if not count:
            return
        same = 1 - np.einsum("ij,ij->i", tracks, detections)
        self._same_count = min(self._same_count + count, MEMORY_PAIRS)
        weight = count / self._same_count
        self._same += weight * (float(same.mean()) - self._same)
        self._square += weight * (float(np.square(same).mean()) - self._square)
        if count > 1:
            different = 1 - np.einsum("ij,ij->i", tracks[:-1], detections[1:])
            self._different_count = min(self._different_count + count, MEMORY_PAIRS)
            self._different += count / self._different_count * (float(different.mean()) - self._different)
