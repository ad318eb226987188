"""Distances are read on the run's own scale."""

from __future__ import annotations

import numpy as np
import pytest

from tracker.single_camera.refinement.options import RefinementOptions, SplitOptions, StitchOptions
from tracker.single_camera.refinement.scale import PRIOR_PAIRS, TYPICAL, embedding_scale, scaled
from tracker.structures import Tracklet


def tracklet(track: int, look: np.ndarray | None) -> Tracklet:
    boxes = np.array([[0, 0, 10, 30]], np.float32)
    return Tracklet("cam1", track, np.array([0]), np.array([0.0]), boxes, np.ones(1, np.float32), look)


def test_people_at_right_angles_give_the_hand_worked_scale() -> None:
    looks = np.eye(6, dtype=np.float32)
    expected = (15 * 1.0 + PRIOR_PAIRS * TYPICAL) / ((15 + PRIOR_PAIRS) * TYPICAL)
    assert embedding_scale([tracklet(i + 1, look) for i, look in enumerate(looks)]) == pytest.approx(expected)


def test_people_who_look_alike_and_nobody_keep_the_scale() -> None:
    alike = np.ones(4, np.float32) / 2
    assert embedding_scale([tracklet(i, alike) for i in range(1, 9)]) == 1.0
    assert embedding_scale([tracklet(i, None) for i in range(1, 9)]) == 1.0
    assert embedding_scale([]) == 1.0


def test_options_are_scaled_and_stay_in_range() -> None:
    options = scaled(RefinementOptions(split=SplitOptions(min_distance=0.4), absence=None), 1.5)
    assert options.split is not None
    assert options.split.min_distance == pytest.approx(0.6)
    assert options.absence is None
    options = scaled(RefinementOptions(stitch=StitchOptions(max_distance=0.4)), 9.0)
    assert options.stitch is not None
    assert options.stitch.max_distance == 2.0
