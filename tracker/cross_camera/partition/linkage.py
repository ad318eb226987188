"""Agglomeration of items under pairwise log-odds and hard constraints: complete, average and additive linkage.

Edges carry the log-odds that two items are one person. A pair without an edge counts as `absent`, a negative number, so
that the graph may stay sparse. With the linkage "sum" this is greedy additive edge contraction (GAEC; Keuper et al.,
Efficient Decomposition of Image and Mesh Graphs by Lifted Multicuts, ICCV 2015, arXiv:1505.06973) for correlation
clustering; "min" is complete and "mean" is average linkage, cut at log-odds 0.
"""

from __future__ import annotations

import heapq
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tracker.cross_camera.partition.pair_graph import PairGraph, compact_labels
from tracker.structures import IntArray

Linkage = Literal["sum", "mean", "min"]


def agglomerate(graph: PairGraph, linkage: Linkage = "mean") -> IntArray:
    """Merge the two closest clusters again and again while their log-odds is above 0 and no constraint forbids it.

    Returns:
        int64 (N,): label of each item, from 0 in order of first item. The same for any order of the pairs, except
        where two merges tie exactly.
    """
    state = _Clusters(graph, linkage)
    heap = state.attractions(graph)
    heapq.heapify(heap)
    while heap:
        _, a, b, stamp = heapq.heappop(heap)
        if state.stamp(a, b) == stamp:  # neither has grown since
            for entry in state.merge(a, b):
                heapq.heappush(heap, entry)
    return compact_labels(state.labels)


class _Clusters:
    """Clusters while they grow, each under the number of one of its items.

    A row lists what a cluster was listed with when it last grew: other clusters, the sum or the minimum of the
    log-odds, and the number of listed pairs. It is brought up to date only when the cluster grows again: until then a
    newer value is in the row of the other one.
    """

    def __init__(self, graph: PairGraph, linkage: Linkage) -> None:
        self._linkage, self._absent = linkage, graph.absent
        self.labels = np.arange(graph.count)
        self._members = [np.array([i]) for i in range(graph.count)]
        self._sizes = np.ones(graph.count)
        self._stamps = [0] * graph.count
        entries = zip(graph.neighbours, graph.neighbour_log_odds, strict=True)
        self._rows = [(others, values, np.ones(len(values))) for others, values in entries]
        self._never_with = list(graph.never_with)

    def attractions(self, graph: PairGraph) -> list[tuple[float, int, int, int]]:
        """The merges to begin with: (negative log-odds, item, item, stamp)."""
        upper = graph.log_odds_matrix.tocoo()
        kept = (upper.row < upper.col) & (upper.data > 0)
        values, rows, columns = (part[kept].tolist() for part in (-upper.data, upper.row, upper.col))
        return list(zip(values, rows, columns, [0] * len(values), strict=True))

    def stamp(self, a: int, b: int) -> int:
        """A number that is another one as soon as either cluster grows or is gone."""
        return self._stamps[a] + self._stamps[b]

    def merge(self, keep: int, drop: int) -> list[tuple[float, int, int, int]]:
        """Put cluster `drop` into `keep`; returns the merges that the result invites."""
        self.labels[self._members[drop]] = keep
        self._members[keep] = np.concatenate([self._members[keep], self._members[drop]])
        self._sizes[keep] += self._sizes[drop]
        self._stamps[keep] += 1
        self._stamps[drop] = -len(self._stamps) * len(self._stamps)  # no stamp ever adds up to one of the living
        never_with = np.unique(self.labels[np.concatenate([self._never_with[keep], self._never_with[drop]])])
        others, totals, listed = self._joined(self._rows[keep], self._rows[drop])
        allowed = (others != keep) & ~np.isin(others, never_with, assume_unique=True)
        self._never_with[keep] = never_with
        self._rows[keep] = others, totals, listed = others[allowed], totals[allowed], listed[allowed]
        values = self._values(keep, others, totals, listed)
        good = values > 0
        return [
            (-value, min(keep, other), max(keep, other), self.stamp(keep, other))
            for value, other in zip(values[good].tolist(), others[good].tolist(), strict=True)
        ]

    def _joined(self, one: tuple[NDArray, ...], two: tuple[NDArray, ...]) -> tuple[NDArray, NDArray, NDArray]:
        """Two rows in one, by the clusters of today in rising order."""
        others, totals, listed = (np.concatenate(parts) for parts in zip(one, two, strict=True))
        found, place = np.unique(self.labels[others], return_inverse=True)
        if self._linkage == "min":
            joined = np.full(len(found), np.inf)
            np.minimum.at(joined, place, totals)
        else:
            joined = np.bincount(place, totals, len(found))
        return found, joined, np.bincount(place, listed, len(found))

    def _values(self, keep: int, others: NDArray, totals: NDArray, listed: NDArray) -> NDArray[np.float64]:
        """Log-odds of merging a cluster with each of the others."""
        pairs = self._sizes[keep] * self._sizes[others]
        if self._linkage == "min":
            return np.where(listed == pairs, totals, np.minimum(totals, self._absent))
        whole = totals + self._absent * (pairs - listed)
        return whole / pairs if self._linkage == "mean" else whole
