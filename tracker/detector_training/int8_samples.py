"""Scores that mean something: the share of boxes of that score that are right.

Platt, Probabilistic outputs for support vector machines, 1999: a slope and a shift of the logit, by maximum likelihood.
The quality focal loss leaves scores low and crowded; trackers split sure from unsure boxes at fixed scores.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from tracker.detection.network import PersonNetwork
from tracker.detector_training.packed_images import Sample
from tracker.detector_training.validation import detect_samples
from tracker.evaluation.detection import rank_detections

MIN_IOU = 0.5
EPSILON = 1e-6


def calibration(network: PersonNetwork, samples: Sequence[Sample], size: int) -> tuple[float, float]:
    """Slope and shift for the network's logits, from images that it was not trained on."""
    ranking = rank_detections(detect_samples(network, samples, size), MIN_IOU)
    return fit_platt(ranking.scores, ranking.correct)


def fit_platt(scores: NDArray[np.float64], correct: NDArray[np.bool_]) -> tuple[float, float]:
    """Slope and shift such that sigmoid(slope * logit(score) + shift) is the share of correct boxes.

    Args:
        scores: (N,), in [0, 1].
        correct: (N,), at least one true and one false.

    Raises:
        ValueError: All boxes are right, or none: there is nothing to fit.
    """
    if correct.all() or not correct.any():
        raise ValueError(f"calibration needs right and wrong boxes, got {int(correct.sum())} right of {len(correct)}")
    clipped = np.clip(scores, EPSILON, 1 - EPSILON)
    logits = np.log(clipped / (1 - clipped))
    sign = np.where(correct, 1.0, -1.0)

    def loss(parameters: NDArray) -> float:
        return float(np.logaddexp(0, -sign * (parameters[0] * logits + parameters[1])).mean())

    slope, shift = minimize(loss, np.array([1.0, 0.0]), method="Nelder-Mead").x
    return float(slope), float(shift)
