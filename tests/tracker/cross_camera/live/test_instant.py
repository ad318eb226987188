"""One instant of a live run: best assignment against brute force, and when it is clear."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from tracker.cross_camera.live.instant import assign, is_clear


def best_by_trying(odds: np.ndarray) -> float:
    """The highest sum over all ways in which no identity is given twice; somebody new counts 0."""
    choices: list[list[int | None]] = [[None, *np.flatnonzero(row > 0).tolist()] for row in odds]
    best = 0.0
    for way in product(*choices):
        known = [column for column in way if column is not None]
        if len(known) == len(set(known)):
            best = max(best, sum(odds[row, column] for row, column in enumerate(way) if column is not None))
    return best


@pytest.mark.parametrize("seed", range(20))
def test_the_assignment_is_the_most_likely_one(seed: int) -> None:
    rng = np.random.default_rng(seed)
    odds = rng.normal(0, 4, (rng.integers(1, 5), rng.integers(0, 5)))
    odds[rng.random(odds.shape) < 0.2] = -np.inf
    chosen = assign(odds)
    known = [column for column in chosen if column is not None]
    assert len(chosen) == len(odds)
    assert len(known) == len(set(known))
    total = sum(odds[row, column] for row, column in enumerate(chosen) if column is not None)
    assert total == pytest.approx(best_by_trying(odds))


@pytest.mark.parametrize(
    ("odds", "clear"),
    [
        ([], True),  # nobody is known: somebody new
        ([3.0], True),
        ([1.0], False),
        ([-3.0, -5.0], True),  # surely somebody new
        ([5.0, 4.0], False),  # two that it could be
        ([5.0, 1.0], True),
        ([-3.0, -3.1], True),  # rivals count only where they match
    ],
)
def test_a_match_is_clear_by_a_margin_from_zero_and_from_the_second(odds: list[float], clear: bool) -> None:
    assert is_clear(np.array(odds), 2.0) is clear
