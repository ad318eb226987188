"""Cost terms and how a stage combines them: hand-worked pairs."""

from __future__ import annotations

import numpy as np
import pytest

from tracker.single_camera.association.combined_cost import combine_minimum, combine_sum
from tracker.single_camera.association.costs import COSTS, contrast_appearance_cost
from tracker.single_camera.association.match_pairs import MatchPairs, TrackView, find_pairs
from tracker.single_camera.association.stages import match_stage
from tracker.single_camera.options import StageOptions
from tracker.structures import Detections

BOX = [0.0, 0.0, 10.0, 20.0]
HALF = [0.0, 10.0, 10.0, 30.0]
"""Shares half of BOX: IoU 1/3, vertical IoU 1/3."""


def candidates(
    predicted: list, boxes: list, looks: list | None = None, shown: list | None = None, past: list | None = None
) -> MatchPairs:
    """All pairs of tracks and detections; scores are 0.5, looks are 2-D, a look of zeros is none."""
    tracks = np.array(predicted, np.float32)
    observed = np.repeat(tracks[:, None], 4, axis=1) if past is None else np.array(past, np.float32)
    embedding = np.array(looks if looks is not None else np.zeros((len(tracks), 2)), np.float32)
    detections = Detections(
        np.array(boxes, np.float32),
        np.full(len(boxes), 0.5, np.float32),
        None if shown is None else np.array(shown, np.float32),
    )
    view = TrackView(
        predicted=tracks,
        observed=observed,
        score=np.full(len(tracks), 0.8, np.float32),
        embedding=embedding,
        has_embedding=embedding.any(axis=1),
        rescale=np.asarray,
        position=tracks.astype(np.float64),
        variance=lambda: np.full((len(tracks), 4), 4.0),
        measure=lambda values: values.astype(np.float64),
    )
    embedded = np.zeros(len(boxes), bool) if shown is None else detections.embeddings.any(axis=1)  # type: ignore[union-attr]
    return find_pairs(view, detections, embedded, np.arange(len(tracks)), np.arange(len(boxes)))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("iou", 2 / 3),
        ("scored_iou", 1 - 1 / 6),
        ("height_iou", 8 / 9),
        ("score", 0.3),
        ("direction", 0.0),
        ("corners", 0.5),
    ],
)
def test_terms_of_one_pair(name: str, expected: float) -> None:
    cost = COSTS[name](candidates([BOX], [HALF]))
    assert cost is not None
    np.testing.assert_allclose(cost, [expected], rtol=1e-5)


def test_mahalanobis_is_a_share_of_the_gate() -> None:
    """Squared distance (1 + 0 + 1 + 0) / 4 = 0.5, over 9.4877; 10 pixels off is outside."""
    near = COSTS["mahalanobis"](candidates([BOX], [[1, 0, 11, 20]]))
    np.testing.assert_allclose(near, [0.5 / 9.4877], rtol=1e-5)  # type: ignore[arg-type]
    assert np.isinf(COSTS["mahalanobis"](candidates([BOX], [HALF]))).all()  # type: ignore[arg-type]


@pytest.mark.parametrize(("ahead", "angle"), [(5, 0.0), (-2, 1.0)])
def test_direction_of_a_walk_to_the_right(ahead: float, angle: float) -> None:
    """Seen at x = -3, -2, -1, 0 so far: on to the right is no turn, back beyond the start is a half turn."""
    past = [[[x, 0, x + 10, 20] for x in (0.0, -1.0, -2.0, -3.0)]]
    box = [-3 + ahead, 0, 7 + ahead, 20]
    pairs = candidates([BOX], [box], past=past)
    np.testing.assert_allclose(COSTS["direction"](pairs), [(angle - 0.5) * 0.5], atol=1e-3)  # type: ignore[arg-type]
    np.testing.assert_allclose(COSTS["corners"](pairs), [angle], atol=1e-3)  # type: ignore[arg-type]


def test_appearance_is_cosine_distance_or_unknown() -> None:
    pairs = candidates([BOX, BOX], [BOX, BOX], looks=[[1, 0], [0, 0]], shown=[[0.6, 0.8], [0, 0]])
    cost = COSTS["appearance"](pairs)
    assert cost is not None
    table = np.full((2, 2), np.nan)
    table[pairs.rows, pairs.cols] = cost
    np.testing.assert_allclose(table, [[0.4, np.nan], [np.nan, np.nan]], rtol=1e-5)


def test_contrast_rewards_who_stands_out() -> None:
    """One track, similarities 1 and 0.6: the lead of 0.4 in the row counts half of it; the columns have no rival."""
    pairs = candidates([BOX], [BOX, BOX], looks=[[1, 0]], shown=[[1, 0], [0.6, 0.8]])
    cost = contrast_appearance_cost(pairs)
    assert cost is not None
    best = -(1 + (0.4 + 0.5) / 2 / 0.75)
    np.testing.assert_allclose(cost[pairs.cols == 0], [best], rtol=1e-4)
    assert cost[pairs.cols == 1][0] > best


def test_sum_without_a_look_keeps_the_whole_weight() -> None:
    options = StageOptions(costs={"iou": 0.5, "appearance": 0.5}, max_appearance=0.35)
    unknown = combine_sum(options, candidates([BOX], [HALF]))
    np.testing.assert_allclose(unknown, [2 / 3], rtol=1e-5)
    alike = combine_sum(options, candidates([BOX], [HALF], looks=[[1, 0]], shown=[[1, 0]]))
    np.testing.assert_allclose(alike, [1 / 3], rtol=1e-5)
    stranger = combine_sum(options, candidates([BOX], [HALF], looks=[[1, 0]], shown=[[0.6, 0.8]]))
    assert np.isinf(stranger).all()


def test_minimum_takes_the_look_only_where_boxes_overlap_enough() -> None:
    options = StageOptions(costs={"iou": 1.0, "appearance": 0.5}, combine="minimum", max_appearance=0.5)
    pairs = candidates([BOX], [HALF], looks=[[1, 0]], shown=[[0.8, 0.6]])
    np.testing.assert_allclose(combine_minimum(options, pairs), [0.1], rtol=1e-5)
    strict = options.model_copy(update={"appearance_min_iou": 0.5})
    np.testing.assert_allclose(combine_minimum(strict, pairs), [2 / 3], rtol=1e-5)


def test_gates_of_a_stage() -> None:
    pairs, is_low = candidates([BOX], [HALF]), np.array([True])
    assert len(match_stage(StageOptions(max_cost=0.8), pairs, is_low)[0]) == 1
    assert len(match_stage(StageOptions(max_cost=0.8, min_iou=0.5), pairs, is_low)[0]) == 0
    assert len(match_stage(StageOptions(max_cost=0.8, low_score_cost=0.2), pairs, is_low)[0]) == 0


def test_grown_boxes_reach_farther() -> None:
    apart = [12.0, 0.0, 22.0, 20.0]
    pairs = candidates([BOX], [apart])
    assert len(pairs.rows) == 0
    grown = find_pairs(pairs.tracks, pairs.detections, pairs.embedded, np.arange(1), np.arange(1), expand=0.2)
    assert len(grown.rows) == 1
