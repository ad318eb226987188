"""Improving a partition: single items move between clusters, and people seen together are assigned together.

Both maximize the sum of log-odds inside clusters (correlation clustering) and never break a constraint. Moving single
items is the inner step of Kernighan-Lin as used for multicuts; the joint assignment of tracklets that are in view
together is the re-assignment step of multi-camera systems, here once per moment instead of per identity.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

from tracker.cross_camera.linkage import PairGraph, compact_labels
from tracker.structures import IntArray

MIN_GAIN = 1e-9
"""A move must gain more than rounding errors, or two moves could undo each other for ever."""

FORBIDDEN = 1e6
"""Cost of an assignment that a constraint forbids; far above any sum of log-odds."""


class PartitionRefiner:
    """Local search over partitions of one graph."""

    def __init__(self, graph: PairGraph, together: Sequence[Sequence[int]] = ()) -> None:
        """`together`: groups of items of which no two may share a cluster, to be assigned jointly."""
        self._absent = graph.absent
        self._together = together
        self._links: list[dict[int, float]] = [{} for _ in range(graph.count)]
        for (a, b), value in zip(graph.pairs.tolist(), graph.log_odds.tolist(), strict=True):
            self._links[a][b] = self._links[b][a] = value
        self._enemies = graph.enemies()

    def refine(self, labels: IntArray, passes: int = 10) -> IntArray:
        """Move items until nothing improves, at most `passes` times over all items; int64 (N,), labels from 0."""
        self._labels: list[int] = labels.tolist()
        self._clusters: dict[int, set[int]] = {}
        self._next_label = max(self._labels, default=-1) + 1
        for item, label in enumerate(self._labels):
            self._clusters.setdefault(label, set()).add(item)
        for _ in range(passes):
            moved = sum(self._move(item) for item in range(len(self._labels)))
            moved += sum(self._assign(group) for group in self._together)
            if not moved:
                break
        return compact_labels(np.array(self._labels, np.int64))

    def gains(self, item: int, without: frozenset[int] = frozenset()) -> dict[int, float]:
        """Sum of log-odds between an item and each cluster it may join, counting no member in `without`."""
        sums: dict[int, list[float]] = {}
        for other, value in self._links[item].items():
            if other not in without and other != item:
                entry = sums.setdefault(self._labels[other], [0.0, 0.0])
                entry[0] += value
                entry[1] += 1
        gains = {}
        for label, (total, listed) in sums.items():
            members = self._clusters[label]
            absent = len(members) - len(members & without) - (item in members and item not in without) - listed
            if not (self._enemies[item] & members) - without:
                gains[label] = total + self._absent * absent
        return gains

    def _move(self, item: int) -> bool:
        own = self._labels[item]
        gains = self.gains(item)
        now = gains.get(own, 0.0 if len(self._clusters[own]) == 1 else self._absent * (len(self._clusters[own]) - 1))
        label, best = max(gains.items(), key=lambda entry: (entry[1], -entry[0]), default=(own, now))
        if now < -MIN_GAIN and best < -MIN_GAIN:  # better alone
            self._put(item, self._new_label())
            return True
        if label != own and best > now + MIN_GAIN and best > MIN_GAIN:
            self._put(item, label)
            return True
        return False

    def _assign(self, group: Sequence[int]) -> bool:
        """Assign the items of a group to clusters all at once; each may also stay alone."""
        without = frozenset(group)
        gains = [self.gains(item, without) for item in group]
        targets = sorted({label for entry in gains for label in entry} | {self._labels[item] for item in group})
        column = {label: k for k, label in enumerate(targets)}
        cost = np.full((len(group), len(targets) + len(group)), FORBIDDEN)
        for row, entry in enumerate(gains):
            cost[row, len(targets) + row] = 0.0  # alone
            for label, gain in entry.items():
                cost[row, column[label]] = -gain
        rows = np.arange(len(group))
        own = np.array([column[self._labels[item]] for item in group])
        alone = np.array([len(self._clusters[self._labels[item]] - without) == 0 for item in group])
        current = np.where(alone, 0.0, cost[rows, own]).sum()
        _, chosen = linear_sum_assignment(cost)
        if cost[rows, chosen].sum() > current - MIN_GAIN:
            return False
        for item in group:  # everybody leaves first, so that no two meet
            self._put(item, self._new_label())
        for item, k in zip(group, chosen.tolist(), strict=True):
            if k < len(targets):
                self._put(item, targets[k])
        return True

    def _put(self, item: int, label: int) -> None:
        old = self._labels[item]
        self._clusters[old].discard(item)
        if not self._clusters[old]:
            del self._clusters[old]
        self._clusters.setdefault(label, set()).add(item)
        self._labels[item] = label

    def _new_label(self) -> int:
        self._next_label += 1
        return self._next_label - 1
