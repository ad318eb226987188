"""The cost of each pair from the terms of a stage."""

from __future__ import annotations

import numpy as np

from tracker.single_camera.association.costs import APPEARANCE_TERMS, COSTS
from tracker.single_camera.association.gates import near_and_alike, refuse_unlike
from tracker.single_camera.association.match_pairs import MatchPairs
from tracker.single_camera.association.options import StageOptions
from tracker.structures import FloatArray


def combine_sum(options: StageOptions, pairs: MatchPairs) -> FloatArray:
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
    return refuse_unlike(cost, appearance, options.max_appearance)


def combine_minimum(options: StageOptions, pairs: MatchPairs) -> FloatArray:
    """The smallest weighted term, (P,); appearance only counts for pairs that overlap and look alike enough.

    Aharon et al., BoT-SORT, arXiv:2206.14651, equations 12 and 13.
    """
    cost = np.full(len(pairs.rows), np.inf, np.float32)
    for name, weight in options.costs.items():
        term = COSTS[name](pairs)
        if term is None:
            continue
        if name in APPEARANCE_TERMS:
            term = near_and_alike(term, pairs, options.max_appearance, options.appearance_min_iou)
        cost = np.minimum(cost, weight * term)
    return cost
