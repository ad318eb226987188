"""Agglomeration of items under pairwise log-odds and hard constraints: complete, average and additive linkage.

Edges carry the log-odds that two items are one person. A pair without an edge counts as `absent`, a negative number, so
that the graph may stay sparse. With the linkage "sum" this is greedy additive edge contraction (GAEC; Keuper et al.,
Efficient Decomposition of Image and Mesh Graphs by Lifted Multicuts, ICCV 2015, arXiv:1505.06973) for correlation
clustering; "min" is complete and "mean" is average linkage, cut at log-odds 0.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tracker.structures import IntArray

Linkage = Literal["sum", "mean", "min"]


@dataclass(frozen=True, eq=False)
class PairGraph:
    """Log-odds between items.

    Attributes:
        count: Number of items N.
        pairs: int64 (P, 2), each pair once, the smaller index first.
        log_odds: float64 (P,), of "same person".
        cannot_link: int64 (Q, 2): items that are never together.
        absent: Log-odds of a pair that is not listed; below 0.
    """

    count: int
    pairs: IntArray
    log_odds: NDArray[np.float64]
    cannot_link: IntArray
    absent: float = -4.0

    def enemies(self) -> list[set[int]]:
        """The items that each item is never together with, a new set per item."""
        found: list[set[int]] = [set() for _ in range(self.count)]
        for a, b in self.cannot_link.tolist():
            found[a].add(b)
            found[b].add(a)
        return found


def agglomerate(graph: PairGraph, linkage: Linkage = "mean") -> IntArray:
    """Merge the two closest clusters again and again while their log-odds is above 0 and no constraint forbids it.

    Returns:
        int64 (N,): label of each item, from 0 in order of first item. The same for any order of the pairs, except
        where two merges tie exactly.
    """
    state = _Clusters(graph, linkage)
    heap = [(-state.value(a, b), a, b) for a in range(graph.count) for b in state.links[a] if a < b]
    heap = [entry for entry in heap if entry[0] < 0]
    heapq.heapify(heap)
    while heap:
        negative, a, b = heapq.heappop(heap)
        if not state.is_current(a, b, -negative):
            continue
        for other in state.merge(a, b):
            value = state.value(a, other)
            if value > 0:
                heapq.heappush(heap, (-value, min(a, other), max(a, other)))
    return compact_labels(state.labels)


def compact_labels(labels: NDArray[np.int64]) -> IntArray:
    """The same partition with labels from 0 in order of first item, int64 (N,)."""
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[inverse]


class _Clusters:
    """Clusters while they grow: links between them as (sum or minimum of log-odds, number of listed pairs)."""

    def __init__(self, graph: PairGraph, linkage: Linkage) -> None:
        self.linkage = linkage
        self.absent = graph.absent
        self.sizes = [1] * graph.count
        self.members: list[list[int]] = [[i] for i in range(graph.count)]
        self.labels = np.arange(graph.count)
        self.links: list[dict[int, tuple[float, int]]] = [{} for _ in range(graph.count)]
        self.enemies = graph.enemies()
        for (a, b), value in zip(graph.pairs.tolist(), graph.log_odds.tolist(), strict=True):
            if b not in self.enemies[a]:
                self.links[a][b] = self.links[b][a] = (value, 1)

    def value(self, a: int, b: int) -> float:
        """Log-odds of merging clusters a and b, which are linked."""
        total, listed = self.links[a][b]
        pairs = self.sizes[a] * self.sizes[b]
        if self.linkage == "min":
            return total if listed == pairs else min(total, self.absent)
        whole = total + self.absent * (pairs - listed)
        return whole / pairs if self.linkage == "mean" else whole

    def is_current(self, a: int, b: int, value: float) -> bool:
        """Whether a popped merge still exists with the value it was pushed with."""
        return b in self.links[a] and self.value(a, b) == value

    def merge(self, keep: int, drop: int) -> list[int]:
        """Put cluster `drop` into `keep`; returns the clusters that are linked with the result."""
        for other in self.enemies[drop]:
            self.enemies[other].discard(drop)
            self.enemies[other].add(keep)
        self.enemies[keep] |= self.enemies[drop]
        del self.links[keep][drop], self.links[drop][keep]
        for other, (total, listed) in self.links[drop].items():
            del self.links[other][drop]
            self._join(keep, other, total, listed)
        for other in [other for other in self.links[keep] if other in self.enemies[keep]]:
            del self.links[keep][other], self.links[other][keep]
        self.labels[self.members[drop]] = keep
        self.members[keep] += self.members[drop]
        self.sizes[keep] += self.sizes[drop]
        self.links[drop], self.enemies[drop], self.members[drop] = {}, set(), []
        return list(self.links[keep])

    def _join(self, keep: int, other: int, total: float, listed: int) -> None:
        mine = self.links[keep].get(other)
        if mine is not None:
            total = min(total, mine[0]) if self.linkage == "min" else total + mine[0]
            listed += mine[1]
        self.links[keep][other] = self.links[other][keep] = (total, listed)
