"""Sparse gated assignment against brute force and against the padded problem it replaces."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.single_camera.association import assignment
from tracker.single_camera.association.assignment import assign_mutual, assign_optimal


def objective(cost: np.ndarray, rows: np.ndarray, cols: np.ndarray, limit: float) -> float:
    """Total cost where each unmatched row costs `limit`."""
    return float(cost[rows, cols].sum() + limit * (cost.shape[0] - len(rows)))


def brute_force(cost: np.ndarray, limit: float) -> float:
    """The least objective over all partial matchings."""
    rows, cols = cost.shape
    best = limit * rows
    for size in range(1, min(rows, cols) + 1):
        for chosen in itertools.combinations(range(rows), size):
            for targets in itertools.permutations(range(cols), size):
                value = objective(cost, np.array(chosen), np.array(targets), limit)
                best = min(best, value)
    return best


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 4), st.integers(1, 4), st.integers(0, 10_000))
def test_optimal_is_optimal(rows: int, cols: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    cost = rng.uniform(0, 1, (rows, cols))
    i, j = np.nonzero(rng.random((rows, cols)) < 0.8)
    masked = np.full((rows, cols), 9.0)
    masked[i, j] = cost[i, j]
    r, c = assign_optimal(i, j, cost[i, j], 0.6)
    assert len(set(r.tolist())) == len(r)
    assert len(set(c.tolist())) == len(c)
    assert (masked[r, c] < 0.6).all()
    assert objective(masked, r, c, 0.6) == pytest.approx(brute_force(masked, 0.6))


def test_sparse_solver_equals_dense(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    cost = rng.uniform(-0.5, 1, (60, 50))
    i, j = np.nonzero(rng.random(cost.shape) < 0.2)
    r, c = assign_optimal(i, j, cost[i, j], 0.7)
    monkeypatch.setattr(assignment, "DENSE_CELLS", 0)
    sparse_r, sparse_c = assign_optimal(i, j, cost[i, j], 0.7)
    assert objective(cost, sparse_r, sparse_c, 0.7) == pytest.approx(objective(cost, r, c, 0.7))


def test_no_pairs() -> None:
    nothing = np.zeros(0, np.int64)
    for assign in (assign_optimal, assign_mutual):
        rows, cols = assign(nothing, nothing, np.zeros(0), 0.5)
        assert len(rows) == len(cols) == 0


def test_mutual_takes_the_cheapest_first() -> None:
    """Rows 0 and 1 both want column 0; row 0 is cheaper, row 1 takes column 1 in the next round."""
    rows, cols = np.array([0, 1, 1]), np.array([0, 0, 1])
    r, c = assign_mutual(rows, cols, np.array([0.1, 0.2, 0.4]), 0.6)
    assert dict(zip(r.tolist(), c.tolist(), strict=True)) == {0: 0, 1: 1}


def test_mutual_lowers_the_limit() -> None:
    """In the second round the limit is 0.45, so a pair at 0.5 stays unmatched."""
    rows, cols = np.array([0, 1, 1]), np.array([0, 0, 1])
    r, _ = assign_mutual(rows, cols, np.array([0.1, 0.2, 0.5]), 0.5)
    assert r.tolist() == [0]
