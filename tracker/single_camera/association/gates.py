"""Gates: which pairs of a track and a detection are refused, whatever else speaks for them.

Each stage has gates of its own; the presets hold the numbers. `max_cost` is the last one, in the assignment.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tracker.single_camera.association.match_pairs import MatchPairs


def overlapping_enough(pairs: MatchPairs, min_iou: float) -> MatchPairs:
    """The pairs that overlap by `min_iou` or more."""
    return pairs.take(np.flatnonzero(pairs.iou >= min_iou)) if min_iou > 0 else pairs


def refuse_unlike(cost: NDArray, appearance: NDArray, max_appearance: float) -> NDArray:
    """The cost (P,), inf where the cosine distance (P,) is larger; pairs without appearance pass."""
    return np.where(appearance > max_appearance, np.inf, cost) if max_appearance < 2 else cost


def near_and_alike(appearance: NDArray, pairs: MatchPairs, max_appearance: float, min_iou: float) -> NDArray:
    """The cosine distance (P,), inf where it is larger or not known, or where the pair overlaps less.

    Aharon et al., BoT-SORT, arXiv:2206.14651, equation 12.
    """
    return np.where(~(appearance <= max_appearance) | (pairs.iou < min_iou), np.inf, appearance)
