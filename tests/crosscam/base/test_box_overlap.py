"""The sweep finds the same pairs as comparing all boxes with all."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from crosscam.base.box_overlap import _sweep_by_size, overlapping_pairs
from crosscam.base.boxes import intersection_area


def boxes(rng: np.random.Generator, count: int, spread: float, largest: float) -> np.ndarray:
    corners = rng.uniform(-spread, spread, (count, 2))
    return np.concatenate([corners, corners + rng.uniform(0.5, largest, (count, 2))], axis=1).astype(np.float32)


@settings(max_examples=80, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.floats(1, 1000), st.floats(1, 500), st.integers(0, 9999))
def test_sweep_equals_brute_force(m: int, n: int, spread: float, largest: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = boxes(rng, m, spread, largest), boxes(rng, n, spread, largest)
    rows, cols = _sweep_by_size(a, b)
    found = np.zeros((m, n), int)
    np.add.at(found, (rows, cols), 1)
    np.testing.assert_array_equal(found, intersection_area(a, b) > 0)


def test_one_huge_box_among_small_ones() -> None:
    rng = np.random.default_rng(0)
    a = np.concatenate([boxes(rng, 300, 1000, 5), [[-2000, -2000, 2000, 2000]]]).astype(np.float32)
    rows, _ = overlapping_pairs(a, boxes(rng, 300, 1000, 5))
    assert np.count_nonzero(rows == 300) == 300


def test_nothing() -> None:
    rows, cols = overlapping_pairs(np.zeros((0, 4), np.float32), np.ones((3, 4), np.float32))
    assert len(rows) == len(cols) == 0


def test_boxes_without_extent_overlap_nothing() -> None:
    rng = np.random.default_rng(0)
    points = np.repeat(rng.uniform(0, 100, (400, 2)), 2, axis=0).reshape(400, 4).astype(np.float32)
    rows, _ = overlapping_pairs(boxes(rng, 400, 100, 20), points)
    assert len(rows) == 0
