"""The list of association stages: each matches tracks and detections that the stages before it left over."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tracker.single_camera.association.assignment import ASSIGNMENTS
from tracker.single_camera.association.combined_cost import combine_minimum, combine_sum
from tracker.single_camera.association.gates import overlapping_enough
from tracker.single_camera.association.match_pairs import MatchPairs, TrackView, find_pairs
from tracker.single_camera.association.options import STATES, StageOptions
from tracker.structures import Detections, IntArray

Mask = NDArray[np.bool_]


def match_stages(
    stages: Sequence[StageOptions],
    view: TrackView,
    state: NDArray[np.int8],
    detections: Detections,
    embedded: Mask,
    high_score: float,
) -> tuple[IntArray, IntArray]:
    """Run the stages one after another.

    Args:
        stages: In order.
        view: The tracks, M of them.
        state: int8 (M,), of the tracks; see `STATES`.
        detections: N detections.
        embedded: bool (N,), which of them have an embedding.
        high_score: From which score on a detection is "high".

    Returns:
        Matched rows and detections, int64 (K,) each.
    """
    found_rows: list[IntArray] = [np.zeros(0, np.int64)]
    found_cols: list[IntArray] = [np.zeros(0, np.int64)]
    if len(state) and len(detections):
        free_tracks = np.ones(len(state), np.bool_)
        free = np.ones(len(detections), np.bool_)
        is_low = detections.scores < high_score
        scored = {"high": ~is_low, "low": is_low, "both": free}
        for stage in stages:
            members = (free_tracks & _in_groups(state, stage.tracks)).nonzero()[0]
            targets = (free & scored[stage.detections]).nonzero()[0]
            if not (len(members) and len(targets)):
                continue
            observed = stage.position == "observed"
            pairs = find_pairs(view, detections, embedded, members, targets, observed, stage.expand)
            rows, cols = match_stage(stage, pairs, is_low)
            free_tracks[rows] = False
            free[cols] = False
            found_rows.append(rows)
            found_cols.append(cols)
    return np.concatenate(found_rows), np.concatenate(found_cols)


def match_stage(options: StageOptions, pairs: MatchPairs, is_low: Mask) -> tuple[IntArray, IntArray]:
    """One round of matching: gate, weigh the cost terms, assign.

    Args:
        options: Of this stage.
        pairs: Overlapping pairs.
        is_low: bool (N,), detections of low score.

    Returns:
        Rows of matched tracks and their detections, int64 (K,) each.
    """
    pairs = overlapping_enough(pairs, options.min_iou)
    if not len(pairs.rows):
        return pairs.rows, pairs.cols
    cost = combine_minimum(options, pairs) if options.combine == "minimum" else combine_sum(options, pairs)
    if options.low_score_cost:
        cost = cost + options.low_score_cost * is_low[pairs.cols]
    return ASSIGNMENTS[options.matching](pairs.rows, pairs.cols, cost, options.max_cost)


def _in_groups(state: NDArray[np.int8], groups: Sequence[str]) -> Mask:
    """Which states belong to one of the groups, bool (M,)."""
    belongs = np.zeros(len(STATES), np.bool_)
    belongs[[STATES[group] for group in groups]] = True
    return belongs[state]
