"""Which identity a corrected cluster of tracks keeps: the one that it shares the most time with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

from tracker.structures import TrackKey


class SharedTime:
    """Seconds that each cluster shares with each identity of before.

    Args:
        clusters: Tracks of each person, as they are known now.
        before: The identity that each track had.
        seconds: How long each track was seen.
    """

    def __init__(
        self,
        clusters: Sequence[Sequence[TrackKey]],
        before: Mapping[TrackKey, int],
        seconds: Mapping[TrackKey, float],
    ) -> None:
        self._identity_ids = sorted(set(before.values()))
        column = {identity_id: k for k, identity_id in enumerate(self._identity_ids)}
        self._seconds = np.zeros((len(clusters), len(column)))
        for row, cluster in enumerate(clusters):
            for key in cluster:
                self._seconds[row, column[before[key]]] += seconds[key]

    def kept(self) -> dict[int, int]:
        """The identity that a cluster, by its index, keeps; each goes to one cluster, so that most time is kept."""
        rows, columns = linear_sum_assignment(-self._seconds)
        pairs = zip(rows.tolist(), columns.tolist(), strict=True)
        return {row: self._identity_ids[column] for row, column in pairs if self._seconds[row, column] > 0}

    def given_up(self, row: int, kept: Mapping[int, int]) -> list[int]:
        """The identities of which a cluster has a part, and that no cluster keeps."""
        shared = [n for n, seconds in zip(self._identity_ids, self._seconds[row], strict=True) if seconds > 0]
        return [n for n in shared if n not in kept.values()]
