"""Quality of crops: hand-worked cases."""

from __future__ import annotations

import numpy as np
import pytest

from tracker.single_camera.appearance.crop_quality import box_quality, occlusion


def quality(boxes: list[list[float]], scores: list[float]) -> np.ndarray:
    return box_quality(np.array(boxes, np.float32), np.array(scores, np.float32), 640, 480)


def test_sure_tall_and_free_is_best() -> None:
    assert quality([[100, 100, 140, 200]], [1.0])[0] == pytest.approx(1.0)


def test_score_counts_by_its_root_and_height_up_to_64_pixels() -> None:
    np.testing.assert_allclose(quality([[100, 100, 140, 132]], [0.25]), [0.25])


@pytest.mark.parametrize("box", [[0, 100, 40, 200], [600, 100, 640, 200], [100, 0, 140, 100], [100, 380, 140, 480]])
def test_cut_by_the_border_counts_half(box: list[float]) -> None:
    assert quality([box], [1.0])[0] == pytest.approx(0.5)


def test_only_who_stands_behind_is_covered() -> None:
    """The second box stands lower, so nearer, and covers a half of the first."""
    boxes = np.array([[100, 100, 140, 200], [120, 100, 160, 210]], np.float32)
    np.testing.assert_allclose(occlusion(boxes), [0.5, 0])


def test_no_boxes() -> None:
    assert box_quality(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), 640, 480).shape == (0,)
