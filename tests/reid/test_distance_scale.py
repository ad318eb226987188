"""Distances within and between people, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from reid.distance_scale import measure_distances


def test_two_people_in_one_camera() -> None:
    """Person 0 shows (1, 0) and (0.6, 0.8): 0.4 apart. Person 1 shows (0, 1) twice; their means lie between."""
    crops = np.array([[1, 0], [0.6, 0.8], [0, 1], [0, 1]], np.float32)
    scale = measure_distances(crops, np.array([0, 0, 1, 1]), np.zeros(4, np.int64))
    assert scale is not None
    assert scale.same == pytest.approx(np.mean([0.4, 0.4, 0, 0]), abs=1e-6)
    assert scale.spread == pytest.approx(np.std([0.4, 0.4, 0, 0]), abs=1e-6)
    mean = np.array([1.6, 0.8]) / np.hypot(1.6, 0.8)
    assert scale.different == pytest.approx(np.mean([1, 0.2, 1 - mean[1], 1 - mean[1]]), abs=1e-6)


def test_other_cameras_do_not_count() -> None:
    """The same person far off in another camera, and others there, change nothing."""
    crops = np.array([[1, 0], [1, 0], [0, 1], [0, -1]], np.float32)
    scale = measure_distances(crops, np.array([0, 0, 1, 0]), np.array([0, 0, 0, 1]))
    assert scale == pytest.approx((0, 0, 1), abs=1e-6)


@pytest.mark.parametrize(("people", "cameras"), [([0, 1, 2], [0, 0, 0]), ([0, 0, 1], [0, 0, 1])])
def test_nobody_twice_or_nobody_else_is_no_scale(people: list[int], cameras: list[int]) -> None:
    crops = np.eye(3, dtype=np.float32)
    assert measure_distances(crops, np.array(people), np.array(cameras)) is None
