"""A textured wall seen by a camera that shakes, stands still, or sees nothing."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from tracker.motion import SHAPES, DenseFilter
from tracker.motion.camera_motion import CameraMotion, warp_boxes, warp_filter
from tracker.structures import Frame

NOBODY = np.zeros((0, 4), np.float32)


def wall(shift_x: float = 0.0, shift_y: float = 0.0) -> np.ndarray:
    rng = np.random.default_rng(0)
    image = cv2.resize(rng.integers(0, 255, (60, 80, 3), dtype=np.uint8), (640, 480), interpolation=cv2.INTER_CUBIC)
    return cv2.warpAffine(
        image, np.float32([[1, 0, shift_x], [0, 1, shift_y]]), (640, 480), borderMode=cv2.BORDER_REFLECT
    )  # type: ignore[arg-type]


def test_still_camera_is_left_alone() -> None:
    camera = CameraMotion()
    results = [camera.measure(Frame("cam", t, t / 25, wall()), NOBODY) for t in range(40)]
    assert all(result is None for result in results)


def test_shift_is_measured_once_the_camera_moves() -> None:
    camera = CameraMotion()
    results = [camera.measure(Frame("cam", t, t / 25, wall(4.0 * t, -2.0 * t)), NOBODY) for t in range(40)]
    assert results[0] is None
    last = results[-1]
    assert last is not None
    np.testing.assert_allclose(last, [[1, 0, 4], [0, 1, -2]], atol=0.4)


def test_a_moment_before_a_frame_does_not_move_the_camera_twice() -> None:
    """A gap in a camera's frames is told by a moment just before the next frame, with that frame's picture."""
    camera = CameraMotion()
    for t in range(30):
        camera.measure(Frame("cam", t, t / 25, wall(4.0 * t)), NOBODY)
    after = wall(4.0 * 30)
    moved = camera.measure(Frame("cam", 30, 30 / 25 - 0.01, after), NOBODY)
    again = camera.measure(Frame("cam", 30, 30 / 25, after), NOBODY)
    assert moved is not None
    np.testing.assert_allclose(moved[:, 2], [4, 0], atol=0.4)
    assert again is not None
    np.testing.assert_allclose(again, [[1, 0, 0], [0, 1, 0]], atol=1e-3)


@pytest.mark.parametrize("value", [0, 255])
def test_blank_images_say_nothing(value: int) -> None:
    camera = CameraMotion()
    blank = np.full((120, 160, 3), value, np.uint8)
    assert all(camera.measure(Frame("cam", t, t / 2, blank), NOBODY) is None for t in range(5))


@pytest.mark.parametrize("name", sorted(SHAPES))
def test_filters_and_boxes_move_alike(name: str) -> None:
    """Quarter turn, twice the size: centre (30, 40) goes to (-80, 60) + shift, the sides double."""
    transform = np.array([[0.0, -2.0, 10.0], [2.0, 0.0, 5.0]])
    boxes = np.array([[20, 30, 40, 50]], np.float32)
    warped = warp_boxes(boxes, transform)
    np.testing.assert_allclose(warped, [[-90, 45, -50, 85]])
    shape, dense = SHAPES[name], DenseFilter()
    measured = shape.measure(boxes)
    mean, covariance = dense.start(measured, *shape.start(measured))
    mean, covariance = warp_filter(mean, covariance, transform, shape.size_powers)
    np.testing.assert_allclose(shape.boxes(mean[:, :4]), warped, rtol=1e-5)
    np.testing.assert_allclose(covariance, covariance.transpose(0, 2, 1))
