"""Calibrated scores are shares of right boxes."""

from __future__ import annotations

import numpy as np
import pytest

from tracker.detector_training.int8_samples import fit_platt


def test_known_slope_and_shift_come_back() -> None:
    rng = np.random.default_rng(0)
    logits = rng.uniform(-3, 3, 40000)
    correct = rng.random(40000) < 1 / (1 + np.exp(-(1.7 * logits + 0.6)))
    slope, shift = fit_platt(1 / (1 + np.exp(-logits)), correct)
    assert slope == pytest.approx(1.7, abs=0.06)
    assert shift == pytest.approx(0.6, abs=0.06)


def test_the_mean_score_becomes_the_share_of_right_boxes() -> None:
    rng = np.random.default_rng(1)
    scores = rng.beta(1, 4, 5000)
    correct = rng.random(5000) < 0.3 + 0.5 * scores
    slope, shift = fit_platt(scores, correct)
    calibrated = 1 / (1 + np.exp(-(slope * np.log(scores / (1 - scores)) + shift)))
    assert calibrated.mean() == pytest.approx(correct.mean(), abs=0.005)


def test_nothing_wrong_is_nothing_to_fit() -> None:
    with pytest.raises(ValueError, match="right and wrong"):
        fit_platt(np.array([0.5, 0.6]), np.array([True, True]))
