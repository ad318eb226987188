"""Improving a partition: single items move between clusters, and people seen together are assigned together.

Both maximize the sum of log-odds inside clusters (correlation clustering) and never break a constraint. Moving single
items is the inner step of Kernighan-Lin as used for multicuts; the joint assignment of tracklets that are in view
together is the re-assignment step of multi-camera systems, here once per moment instead of per identity.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.sparse import csr_array

from tracker.cross_camera.partition.pair_graph import PairGraph, compact_labels, membership
from tracker.structures import IntArray

MIN_GAIN = 1e-9
"""A move must gain more than rounding errors, or two moves could undo each other for ever."""

FORBIDDEN = 1e6
"""Cost of an assignment that a constraint forbids; far above any sum of log-odds."""


class _Gains(NamedTuple):
    """What the items of a group gain in the clusters that attract any of them, and in their own.

    Attributes:
        labels: int64 (L,), rising.
        values: float64 (G, L): sum of log-odds between item and cluster, the group itself left out; -FORBIDDEN where
            a constraint keeps them apart.
        now: float64 (G,): what each item gains where it is.
    """

    labels: IntArray
    values: NDArray[np.float64]
    now: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class _ClusterSums:
    """What the pairs say of items and clusters; C cells (item, cluster) in which a pair is listed.

    Attributes:
        item: int64 (C,).
        cluster: int64 (C,).
        log_odds: float64 (C,), the sum over the listed pairs.
        listed: float64 (C,), how many pairs are listed.
        forbidden_cells: int64 (F,), item * N + cluster of the cells with members that the item cannot be linked with.
        forbidden: float64 (F,), how many members.
    """

    item: IntArray
    cluster: IntArray
    log_odds: NDArray[np.float64]
    listed: NDArray[np.float64]
    forbidden_cells: IntArray
    forbidden: NDArray[np.float64]


def _cluster_sums(graph: PairGraph, labels: IntArray) -> _ClusterSums:
    count, of_cluster = len(labels), membership(labels)
    cells, listed = _cells(graph.listed_matrix @ of_cluster, count)
    summed, values = _cells(graph.log_odds_matrix @ of_cluster, count)  # lacks the cells whose sum is 0
    log_odds = np.zeros(len(cells))
    log_odds[np.searchsorted(cells, summed)] = values
    return _ClusterSums(
        cells // count, cells % count, log_odds, listed, *_cells(graph.cannot_link_matrix @ of_cluster, count)
    )


def _cells(product: csr_array, count: int) -> tuple[IntArray, NDArray[np.float64]]:
    """The entries of a matrix (N, L) as row * N + column, rising, and their values."""
    product.sort_indices()
    rows = np.repeat(np.arange(product.shape[0]), np.diff(product.indptr))
    return rows * count + product.indices, product.data


class PartitionRefiner:
    """Local search over partitions of one graph."""

    def __init__(self, graph: PairGraph, together: Sequence[Sequence[int]] = ()) -> None:
        """`together`: groups of items of which no two may share a cluster, to be assigned jointly."""
        self._graph, self._absent = graph, graph.absent
        self._together = [np.array(group, np.int64) for group in together]

    def refine(self, labels: IntArray, passes: int = 10) -> IntArray:
        """Move items until nothing improves, at most `passes` times over all items; int64 (N,), labels from 0."""
        count = len(labels)
        self._labels = compact_labels(labels)
        self._sums: _ClusterSums | None = None
        self._sizes = np.bincount(self._labels, minlength=2 * count + 1)
        for _ in range(passes):
            moved = sum(self._move(item) for item in self._items_to_try())
            moved += sum(self._assign(group) for group in self._restless_groups())
            if not moved:
                break
        return compact_labels(self._labels)

    def _items_to_try(self) -> range:
        """From the first item on that a move improves; none where there is no such item, found for all at once."""
        now, best = self._outlook(spared=0)
        restless = (now < -MIN_GAIN) | (best > np.maximum(now, 0.0) + MIN_GAIN)
        return range(int(restless.argmax()) if restless.any() else len(restless), len(restless))

    def _restless_groups(self) -> list[IntArray]:
        """Groups that a joint assignment may improve: their best hopes add up to more than they have.

        Of a group at most one member is in a cluster, and leaves it for the assignment.
        """
        now, best = self._outlook(spared=1)
        hope = np.maximum(best, 0.0)
        return [group for group in self._together if hope[group].sum() > now[group].sum() + MIN_GAIN]

    def _outlook(self, spared: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """What each item gains where it is, and at most in another cluster, float64 (N,) twice.

        Args:
            spared: Clusters with more members than this that an item cannot be linked with are no choice.
        """
        sums, labels = self._cluster_sums(), self._labels
        is_own = sums.cluster == labels[sums.item]
        members = self._sizes[sums.cluster] - np.where(is_own, 1, spared)
        gains = sums.log_odds + self._absent * np.maximum(members - sums.listed, 0.0)
        now = (self._sizes[labels] - 1) * np.full(len(labels), self._absent)
        now[sums.item[is_own]] = gains[is_own]
        good = np.flatnonzero(~is_own & (gains > 0))
        cells = sums.item[good] * len(labels) + sums.cluster[good]
        good = good[~np.isin(cells, sums.forbidden_cells[sums.forbidden > spared])]
        best = now.copy()
        np.maximum.at(best, sums.item[good], gains[good])
        return now, best

    def _cluster_sums(self) -> _ClusterSums:
        """The sums for the clusters as they are; kept until an item moves."""
        if self._sums is None:
            labels = self._labels = compact_labels(self._labels)
            self._sizes = np.bincount(labels, minlength=len(self._sizes))
            self._sums = _cluster_sums(self._graph, labels)
        return self._sums

    def _gains(self, group: IntArray) -> _Gains:
        """Gains of a group whose members all leave their clusters first."""
        own_labels = self._labels[group]
        is_outside = np.ones(len(self._labels), bool)
        is_outside[group] = False
        rows, others = _concatenated(self._graph.neighbours, group)
        log_odds = np.concatenate([self._graph.neighbour_log_odds[item] for item in group])
        near, outside = self._labels[others], is_outside[others]
        labels = np.unique(np.concatenate([near[outside & (log_odds > 0)], own_labels]))
        column = np.full(len(self._sizes), -1)
        column[labels] = np.arange(len(labels))
        kept = outside & (column[near] >= 0)
        cells, shape = rows[kept] * len(labels) + column[near[kept]], (len(group), len(labels))
        totals = np.bincount(cells, log_odds[kept], len(group) * len(labels)).reshape(shape)
        listed = np.bincount(cells, minlength=len(group) * len(labels)).reshape(shape)
        own = column[own_labels]
        members = self._sizes[labels] - np.bincount(own, minlength=len(labels))
        values = totals + self._absent * (members - listed)
        rows, apart = _concatenated(self._graph.never_with, group)
        columns = column[self._labels[apart]]
        forbidden = is_outside[apart] & (columns >= 0)
        values[rows[forbidden], columns[forbidden]] = -FORBIDDEN
        return _Gains(labels, values, values[np.arange(len(group)), own])

    def _move(self, item: int) -> bool:
        gains = self._gains(np.array([item]))
        values, now = gains.values[0], gains.now[0]
        best = int(values.argmax())
        if now < -MIN_GAIN and values[best] < -MIN_GAIN:  # better alone
            self._put(item, int(np.argmin(self._sizes)))  # a label that nobody has
            return True
        if values[best] > max(now, 0.0) + MIN_GAIN:
            self._put(item, int(gains.labels[best]))
            return True
        return False

    def _assign(self, group: IntArray) -> bool:
        """Assign the items of a group to clusters all at once; each may also stay alone."""
        gains = self._gains(group)
        alone = np.full((len(group), len(group)), FORBIDDEN)
        np.fill_diagonal(alone, 0.0)
        cost = np.hstack([-gains.values, alone])
        rows, chosen = linear_sum_assignment(cost)
        if cost[rows, chosen].sum() > -gains.now.sum() - MIN_GAIN:
            return False
        self._sizes[self._labels[group]] -= 1  # everybody leaves first, so that no two meet
        joins = chosen < len(gains.labels)
        targets = np.empty(len(group), np.int64)
        targets[joins] = gains.labels[chosen[joins]]
        targets[~joins] = np.setdiff1d(np.flatnonzero(self._sizes == 0), gains.labels)[: np.count_nonzero(~joins)]
        self._labels[group] = targets
        self._sums = None
        self._sizes[targets] += 1
        return True

    def _put(self, item: int, label: int) -> None:
        self._sizes[self._labels[item]] -= 1
        self._labels[item] = label
        self._sums = None
        self._sizes[label] += 1


def _concatenated(lists: Sequence[IntArray], group: IntArray) -> tuple[IntArray, IntArray]:
    """The lists of some items one after the other, and for each entry whose it is, by position in the group."""
    chosen = [lists[item] for item in group]
    return np.repeat(np.arange(len(chosen)), [len(part) for part in chosen]), np.concatenate(chosen)
