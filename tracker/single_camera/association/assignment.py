"""One-to-one matching of tracks and detections from a sparse list of candidate pairs.

With a limit L on the cost of a pair, leaving a track and a detection unmatched costs L. So the optimum over all partial
matchings is found by an ordinary assignment on min(cost, L), after which pairs at L are dropped: exact, and far cheaper
than the padded problem that `lap.lapjv(cost_limit=L)` builds.
"""

from __future__ import annotations

import lap
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.sparse import csr_array
from scipy.sparse.csgraph import min_weight_full_bipartite_matching

Index = NDArray[np.int64]

DENSE_CELLS = 400_000
"""Up to this many cells a dense assignment is quicker than the sparse one (measured at the density of a crowd)."""

RECTANGULAR = 2.0
"""From this ratio of the sides on, scipy's solver is quicker than lap's (measured)."""


def assign_optimal(rows: Index, cols: Index, cost: NDArray, limit: float) -> tuple[Index, Index]:
    """The matching with the least total cost, where an unmatched pair costs `limit`.

    Args:
        rows: Row of each candidate pair, int64 (P,).
        cols: Column of each candidate pair, int64 (P,); no pair occurs twice.
        cost: (P,), may be negative.
        limit: Pairs of this cost or more are never matched.

    Returns:
        Matched rows and their columns, int64 (K,) each.
    """
    allowed = cost < limit
    rows, cols, cost = rows[allowed], cols[allowed], cost[allowed]
    if len(rows) < 2:
        return rows, cols
    alone = (np.bincount(rows)[rows] == 1) & (np.bincount(cols)[cols] == 1)
    if alone.all():
        return rows, cols
    contested = ~alone
    r, c = _assign_contested(rows[contested], cols[contested], cost[contested], limit)
    return np.concatenate([rows[alone], r]), np.concatenate([cols[alone], c])


def assign_mutual(rows: Index, cols: Index, cost: NDArray, limit: float, step: float = 0.05) -> tuple[Index, Index]:
    """Rounds of matching the pairs that are each other's cheapest, under a limit that falls by `step` in each round.

    Shim et al., TrackTrack ("Focusing on Tracks for Online Multi-Object Tracking"), CVPR 2025, track-perspective
    association.

    Args and returns as `assign_optimal`.
    """
    found_rows: list[Index] = []
    found_cols: list[Index] = []
    while True:
        allowed = cost < limit
        rows, cols, cost = rows[allowed], cols[allowed], cost[allowed]
        if not len(rows):
            break
        row_best = np.full(rows.max() + 1, np.inf)
        col_best = np.full(cols.max() + 1, np.inf)
        np.minimum.at(row_best, rows, cost)
        np.minimum.at(col_best, cols, cost)
        chosen = np.flatnonzero((cost == row_best[rows]) & (cost == col_best[cols]))
        _, first = np.unique(rows[chosen], return_index=True)  # of equal costs the first
        chosen = chosen[first]
        _, first = np.unique(cols[chosen], return_index=True)
        chosen = chosen[first]
        found_rows.append(rows[chosen])
        found_cols.append(cols[chosen])
        left = ~(np.isin(rows, rows[chosen]) | np.isin(cols, cols[chosen]))
        rows, cols, cost = rows[left], cols[left], cost[left]
        limit -= step
    if not found_rows:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    return np.concatenate(found_rows), np.concatenate(found_cols)


def _assign_contested(rows: Index, cols: Index, cost: NDArray, limit: float) -> tuple[Index, Index]:
    """Solve the pairs that compete for a row or a column; all costs are below `limit`."""
    row_ids, r = np.unique(rows, return_inverse=True)
    col_ids, c = np.unique(cols, return_inverse=True)
    shape = (len(row_ids), len(col_ids))
    if shape[0] * shape[1] > DENSE_CELLS:
        chosen_r, chosen_c = _solve_sparse(r, c, cost, limit, shape)
    else:
        dense = np.full(shape, limit, np.float64)
        dense[r, c] = cost
        chosen_r, chosen_c = _solve_dense(dense)
        kept = dense[chosen_r, chosen_c] < limit
        chosen_r, chosen_c = chosen_r[kept], chosen_c[kept]
    return row_ids[chosen_r], col_ids[chosen_c]


def _solve_dense(cost: NDArray[np.float64]) -> tuple[Index, Index]:
    short, long = sorted(cost.shape)
    if long >= RECTANGULAR * short:
        return linear_sum_assignment(cost)
    _, col_of_row, _ = lap.lapjv(cost, extend_cost=short != long)
    chosen = np.flatnonzero(col_of_row >= 0)
    return chosen, col_of_row[chosen].astype(np.int64)


def _solve_sparse(r: Index, c: Index, cost: NDArray, limit: float, shape: tuple[int, int]) -> tuple[Index, Index]:
    """Each row gets a column of its own at cost `limit`, which means unmatched, so that a full matching exists."""
    rows, cols = shape
    own = np.arange(rows)
    shifted = np.concatenate([cost, np.full(rows, limit)]) - cost.min() + 1.0  # the solver takes 0 for "no edge"
    graph = csr_array((shifted, (np.concatenate([r, own]), np.concatenate([c, cols + own]))), shape=(rows, cols + rows))
    chosen_r, chosen_c = min_weight_full_bipartite_matching(graph)
    kept = chosen_c < cols
    return chosen_r[kept].astype(np.int64), chosen_c[kept].astype(np.int64)


ASSIGNMENTS = {"optimal": assign_optimal, "mutual": assign_mutual}
