"""Statures, and who comes back where nobody's look is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from tracker.cross_camera.evidence.stature import PEOPLE, TRACK_ERROR, group_statures, stature_log_odds, statures
from tracker.cross_camera.floor.ground import GroundPlane, homography_from_pose
from tracker.cross_camera.floor.ground_paths import GroundPath
from tracker.cross_camera.partition.returns_by_place import join_returns
from tracker.structures import Tracklet

INTRINSICS = np.array([[500.0, 0, 320], [0, 500, 240], [0, 0, 1]])
DOOR = np.array([0.0, 0.0])


def seen_from(tall: float, track: int, seed: int) -> tuple[Tracklet, GroundPlane]:
    """Boxes of somebody `tall` metres high before a camera 3 m above the floor that looks 20 degrees downwards."""
    tilt = np.radians(20)
    forward, right = np.array([0.0, np.cos(tilt), -np.sin(tilt)]), np.array([1.0, 0, 0])
    rotation = np.stack([right, np.cross(forward, right), forward])
    translation = -rotation @ np.array([0.0, 0.0, 3.0])
    rng = np.random.default_rng(seed)
    floor = np.column_stack([rng.uniform(-2, 2, 80), rng.uniform(6, 14, 80)])

    def pixels(height: float) -> np.ndarray:
        points = np.column_stack([floor, np.full(80, height)]) @ rotation.T + translation
        return (points @ INTRINSICS.T)[:, :2] / points[:, 2:]

    feet, head = pixels(0.0), pixels(tall)
    boxes = np.column_stack([feet[:, 0] - 15, head[:, 1], feet[:, 0] + 15, feet[:, 1]])
    boxes[:, 3] += rng.normal(size=80)
    boxes[::10, 1] = boxes[::10, 3] - 20  # now and then the legs are all that is seen
    times = np.arange(80) / 10
    plane = GroundPlane(homography_from_pose(INTRINSICS, rotation, translation))
    return Tracklet("a", track, np.arange(80), times, boxes.astype(np.float32), np.ones(80, np.float32)), plane


def test_statures_are_those_of_the_people() -> None:
    heights = [1.55, 1.65, 1.7, 1.75, 1.9]
    scenes = [seen_from(tall, k + 1, k) for k, tall in enumerate(heights)]
    found = statures([t for t, _ in scenes], [plane for _, plane in scenes])
    expected = np.log(heights) - np.log(heights)[2]
    assert found - found[2] == pytest.approx(expected, abs=0.012)
    unknown = statures([scenes[0][0]], [None])
    assert np.isnan(unknown).all()
    assert statures([], []).shape == (0,)


def test_a_constant_of_a_camera_is_taken_off() -> None:
    # The second camera makes everybody 0.1 taller; the third person is seen by it alone.
    values = np.array([0.05, -0.05, 0.15, 0.05, 0.15, np.nan])
    found = group_statures(values, np.full(6, 100), np.array([0, 1, 0, 1, 2, 3]), np.array([0, 0, 1, 1, 1, 1]))
    assert found[0] - found[1] == pytest.approx(0.1, rel=0.05)
    assert found[2] == pytest.approx(found[0], abs=0.01)
    assert np.isnan(found[3])


def test_log_odds_of_statures_are_those_of_gaussians() -> None:
    people, error = PEOPLE**2, TRACK_ERROR**2
    pair = np.array([0.08, 0.07])
    same = multivariate_normal([0, 0], [[people + error, people], [people, people + error]]).logpdf(pair)
    other = multivariate_normal([0, 0], np.eye(2) * (people + error)).logpdf(pair)
    assert stature_log_odds(pair[:1], pair[1:]) == pytest.approx([same - other])
    assert stature_log_odds(np.array([np.nan]), pair[:1]) == pytest.approx([0.0])


def stay(start: float, end: float, entry: np.ndarray, leave: np.ndarray) -> GroundPath:
    share = np.linspace(0, 1, 30)[:, None]
    return GroundPath(np.linspace(start, end, 30), entry * (1 - share) + leave * share)


FAR = np.array([12.0, 9.0])
PATHS: list[GroundPath | None] = [
    stay(0, 10, FAR, DOOR),
    stay(0, 12, FAR, DOOR),
    stay(16, 30, DOOR, FAR),
    stay(18, 31, DOOR, FAR),
    None,
]
NOBODY = np.zeros((0, 2), np.int64)
ONE_CAMERA = np.zeros(5, np.int64)


def test_who_leaves_by_a_door_comes_back_as_tall_as_before() -> None:
    tall = np.array([0.06, -0.06, -0.06, 0.06, np.nan])
    assert join_returns(PATHS, np.arange(5), tall, ONE_CAMERA, NOBODY).tolist() == [0, 1, 1, 0, 2]


def test_other_statures_and_forbidden_pairs_stay_apart() -> None:
    tall = np.array([0.06, -0.06, 0.0, 0.0, np.nan])
    assert join_returns(PATHS, np.arange(5), tall, ONE_CAMERA, NOBODY).tolist() == [0, 1, 2, 3, 4]
    tall = np.array([0.06, -0.06, -0.06, 0.06, np.nan])
    labels = join_returns(PATHS, np.arange(5), tall, ONE_CAMERA, np.array([[0, 3]])).tolist()
    assert labels[0] != labels[3]
    assert labels[1] == labels[2]


def test_nobody_comes_back_before_leaving_and_clusters_are_kept() -> None:
    together: list[GroundPath | None] = [stay(0, 10, FAR, DOOR), stay(5, 15, DOOR, FAR)]
    tall = np.array([0.06, 0.06])
    assert join_returns(together, np.array([0, 1]), tall, np.array([0, 1]), NOBODY).tolist() == [0, 1]
    assert join_returns(together, np.array([0, 0]), tall, np.array([0, 1]), NOBODY).tolist() == [0, 0]
    assert join_returns([], np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.int64), NOBODY).tolist() == []
