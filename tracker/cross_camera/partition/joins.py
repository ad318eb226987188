"""Joining clusters that a few wrong members keep apart.

Average linkage never joins two clusters with a forbidden pair between them, and moving single items cannot either: one
short track in the wrong cluster may so keep the two halves of a person apart for ever. Here two clusters are joined
without the members that stand in the way, where that raises the sum of log-odds inside clusters. No constraint is
broken. A case of the moves that Beier, Hamprecht and Kappes, Fusion Moves for Correlation Clustering, CVPR 2015, draw
at random.
"""

from __future__ import annotations

import numpy as np

from tracker.cross_camera.partition.pair_graph import PairGraph, compact_labels, membership
from tracker.structures import IntArray

MIN_GAIN = 1e-6
PASSES = 5


def join_clusters(graph: PairGraph, labels: IntArray) -> IntArray:
    """A partition with no smaller sum of log-odds inside clusters, int64 (N,), labels from 0.

    Args:
        graph: The log-odds and the constraints.
        labels: A partition that keeps the constraints, (N,).
    """
    state = _Partition(graph, labels)
    for _ in range(PASSES):
        if not state.join_best():
            break
    return compact_labels(np.array(state.labels, np.int64))


class _Partition:
    """Labels with the log-odds and constraints of each item."""

    def __init__(self, graph: PairGraph, labels: IntArray) -> None:
        self.labels: list[int] = labels.tolist()
        self._absent = graph.absent
        self._graph = graph
        self._next = max(self.labels, default=-1) + 1
        self._known: dict[int, tuple[dict[int, float], set[int]]] = {}

    def join_best(self) -> bool:
        """Carry out the best joins of which no two touch one cluster; returns whether there was any."""
        clusters: dict[int, set[int]] = {}
        for item, label in enumerate(self.labels):
            clusters.setdefault(label, set()).add(item)
        plans = [self._plan(clusters[a], clusters[b], (a, b)) for a, b in self._rivals()]
        touched: set[int] = set()
        for gain, pair, left_out in sorted(plans, key=lambda plan: (-plan[0], plan[1])):
            if gain <= MIN_GAIN or touched & set(pair):
                continue
            touched |= set(pair)
            self._carry_out(clusters, pair, left_out)
        return bool(touched)

    def _rivals(self) -> list[tuple[int, int]]:
        """Pairs of clusters that attract each other although a constraint keeps them apart."""
        of_cluster = membership(np.array(self.labels, np.int64))
        positive = self._graph.log_odds_matrix.copy()
        positive.data = np.maximum(positive.data, 0.0)
        attraction = of_cluster.T @ positive @ of_cluster
        forbidden = of_cluster.T @ self._graph.cannot_link_matrix @ of_cluster
        rivals = (attraction * forbidden).tocoo()
        kept = (rivals.row < rivals.col) & (rivals.data > 0)
        return sorted(zip(rivals.row[kept].tolist(), rivals.col[kept].tolist(), strict=True))

    def _around(self, item: int) -> tuple[dict[int, float], set[int]]:
        """Log-odds of an item with those it is listed with, and the set of those it cannot be linked with."""
        if item not in self._known:
            others, values = self._graph.neighbours[item].tolist(), self._graph.neighbour_log_odds[item].tolist()
            self._known[item] = dict(zip(others, values, strict=True)), set(self._graph.never_with[item].tolist())
        return self._known[item]

    def _plan(
        self, one: set[int], other: set[int], pair: tuple[int, int]
    ) -> tuple[float, tuple[int, int], tuple[set[int], set[int]]]:
        """Gain of joining two clusters, and who is left out of each."""
        kept = [set(one), set(other)]
        out: tuple[set[int], set[int]] = (set(), set())
        while clashes := [(a, b) for a in kept[0] for b in self._around(a)[1] & kept[1]]:
            suspects = sorted({(0, a) for a, _ in clashes} | {(1, b) for _, b in clashes})
            worths = [(self._sum({item}, (kept[0] | kept[1]) - {item}), side, item) for side, item in suspects]
            _, side, item = min(worths)
            kept[side].discard(item)
            out[side].add(item)
        lost = self._sum(kept[0], out[0]) + self._sum(kept[1], out[1])
        return self._sum(kept[0], kept[1]) - lost, pair, out

    def _sum(self, one: set[int], other: set[int]) -> float:
        """Sum of log-odds between two sets; forbidden pairs count nothing."""
        total = 0.0
        for a in one:
            log_odds, never_with = self._around(a)
            total += sum(log_odds.get(b, self._absent) for b in other if b not in never_with)
        return total

    def _carry_out(
        self, clusters: dict[int, set[int]], pair: tuple[int, int], left_out: tuple[set[int], set[int]]
    ) -> None:
        for item in clusters[pair[1]] - left_out[1]:
            self.labels[item] = pair[0]
        for group in left_out:
            for item in group:
                self.labels[item] = self._next
            self._next += bool(group)
