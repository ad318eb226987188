"""One round of matching: choose tracks and detections, weigh the cost terms, gate, assign."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tracker.single_camera.association.assignment import ASSIGNMENTS
from tracker.single_camera.association.costs import COSTS
from tracker.single_camera.association.match_pairs import Candidates
from tracker.single_camera.options import StageOptions
from tracker.structures import FloatArray, IntArray

APPEARANCE_TERMS = frozenset({"appearance", "contrast_appearance"})


def match_stage(options: StageOptions, pairs: Candidates, is_low: NDArray[np.bool_]) -> tuple[IntArray, IntArray]:
    """Match tracks and detections of the candidate pairs.

    Args:
        options: Of this stage.
        pairs: Candidate pairs.
        is_low: bool (N,), detections of low score.

    Returns:
        Rows of matched tracks and their detections, int64 (K,) each.
    """
    if options.min_iou > 0:
        pairs = pairs.take(np.flatnonzero(pairs.iou >= options.min_iou))
    if not len(pairs.rows):
        return pairs.rows, pairs.cols
    cost = combine_minimum(options, pairs) if options.combine == "minimum" else combine_sum(options, pairs)
    if options.low_score_cost:
        cost = cost + options.low_score_cost * is_low[pairs.cols]
    return ASSIGNMENTS[options.matching](pairs.rows, pairs.cols, cost, options.max_cost)


def combine_sum(options: StageOptions, pairs: Candidates) -> FloatArray:
    """The weighted sum of the terms, (P,).

    Where appearance is not known, the other terms are scaled up to the whole weight, so that costs with and without it
    compare.
    """
    known = np.zeros(len(pairs.rows), np.float32)
    appearance: FloatArray | None = None
    appearance_weight = known_weight = 0.0
    for name, weight in options.costs.items():
        term = COSTS[name](pairs)
        if name in APPEARANCE_TERMS:
            appearance, appearance_weight = term, weight
            continue
        known_weight += weight
        known += weight * term  # type: ignore[operator]
    if not appearance_weight:
        return known
    without = (
        known * ((known_weight + appearance_weight) / known_weight) if known_weight else np.full_like(known, np.inf)
    )
    if appearance is None:
        return without
    cost = np.where(np.isnan(appearance), without, known + appearance_weight * appearance)
    if options.max_appearance < 2:
        cost = np.where(appearance > options.max_appearance, np.inf, cost)
    return cost


def combine_minimum(options: StageOptions, pairs: Candidates) -> FloatArray:
    """The smallest weighted term, (P,); appearance only counts for pairs that overlap and look alike enough.

    Aharon et al., BoT-SORT, arXiv:2206.14651, equations 12 and 13.
    """
    cost = np.full(len(pairs.rows), np.inf, np.float32)
    for name, weight in options.costs.items():
        term = COSTS[name](pairs)
        if term is None:
            continue
        if name in APPEARANCE_TERMS:
            refused = ~(term <= options.max_appearance) | (pairs.iou < options.appearance_min_iou)
            term = np.where(refused, np.inf, term)
        cost = np.minimum(cost, weight * term)
    return cost
