from __future__ import annotations

import numpy as np
import pytest

from reid.evaluation.bootstrap import bootstrap_interval


def test_the_interval_of_independent_queries_is_the_binomial_one() -> None:
    values = np.array([1.0] * 900 + [0.0] * 100)
    low, high = bootstrap_interval(values, np.arange(1000))
    assert (low, high) == pytest.approx((0.9 - 0.0186, 0.9 + 0.0186), abs=0.003)  # 1.96 sqrt(0.9 * 0.1 / 1000)


def test_queries_that_cluster_by_person_widen_it() -> None:
    values = np.repeat([1.0] * 90 + [0.0] * 10, 10)
    narrow = bootstrap_interval(values, np.arange(1000))
    wide = bootstrap_interval(values, np.repeat(np.arange(100), 10))
    assert wide[1] - wide[0] > 2.5 * (narrow[1] - narrow[0])


def test_equal_scores_have_no_spread_and_the_seed_decides() -> None:
    assert bootstrap_interval(np.full(5, 0.4), np.arange(5)) == pytest.approx((0.4, 0.4))
    values = np.random.default_rng(0).random(50)
    assert bootstrap_interval(values, np.arange(50), seed=1) == bootstrap_interval(values, np.arange(50), seed=1)


def test_wrong_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="same number"):
        bootstrap_interval(np.zeros(2), np.zeros(3))
