"""Log-odds between items and hard constraints, as sparse matrices that agglomeration, moves and joins share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from tracker.cross_camera.evidence.cannot_link import in_pairs
from tracker.structures import IntArray


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

    @cached_property
    def cannot_link_matrix(self) -> csr_array:
        """1 where two items are never together, float64 (N, N), symmetric."""
        return _symmetric(self.count, self.cannot_link, np.ones(len(self.cannot_link)))

    @cached_property
    def log_odds_matrix(self) -> csr_array:
        """Log-odds of the listed pairs that no constraint forbids, float64 (N, N), symmetric."""
        first, second = self.pairs.T
        allowed = ~in_pairs(first, second, np.sort(self.cannot_link, axis=1), self.count)
        return _symmetric(self.count, self.pairs[allowed], self.log_odds[allowed])

    @cached_property
    def listed_matrix(self) -> csr_array:
        """1 at each entry of `log_odds_matrix`, so that products count the listed pairs, float64 (N, N)."""
        odds = self.log_odds_matrix
        return csr_array((np.ones(len(odds.data)), odds.indices, odds.indptr), shape=odds.shape)

    @cached_property
    def neighbours(self) -> list[IntArray]:
        """The items with which each item is listed, N of int64 (K,)."""
        return np.split(self.log_odds_matrix.indices.astype(np.int64), self.log_odds_matrix.indptr[1:-1])

    @cached_property
    def neighbour_log_odds(self) -> list[NDArray[np.float64]]:
        """The log-odds that go with `neighbours`, N of float64 (K,)."""
        return np.split(self.log_odds_matrix.data, self.log_odds_matrix.indptr[1:-1])

    @cached_property
    def never_with(self) -> list[IntArray]:
        """The items that each item is never together with, N of int64 (K,)."""
        return np.split(self.cannot_link_matrix.indices.astype(np.int64), self.cannot_link_matrix.indptr[1:-1])


def _symmetric(count: int, pairs: IntArray, values: NDArray) -> csr_array:
    first, second = pairs.T
    rows, columns = np.concatenate([first, second]), np.concatenate([second, first])
    return csr_array((np.concatenate([values, values]), (rows, columns)), shape=(count, count))


def compact_labels(labels: NDArray[np.int64]) -> IntArray:
    """The same partition with labels from 0 in order of first item, int64 (N,)."""
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[inverse]


def membership(labels: NDArray[np.int64]) -> csr_array:
    """1 where an item is in a cluster, float64 (N, largest label + 1)."""
    items = len(labels)
    shape = items, int(labels.max(initial=-1)) + 1
    return csr_array((np.ones(items), labels, np.arange(items + 1)), shape=shape)
