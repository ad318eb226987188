"""The batched filters against filterpy's objects, one per track."""

from __future__ import annotations

import numpy as np
import pytest
from filterpy.kalman import KalmanFilter

from tracker.motion import SHAPES, BlockFilter, DenseFilter
from tracker.motion.filters import MotionFilter, dense_from_blocks

FILTERS = {"block": BlockFilter(), "dense": DenseFilter()}


def reference(start: np.ndarray, start_p: np.ndarray, start_v: np.ndarray) -> KalmanFilter:
    kalman = KalmanFilter(dim_x=8, dim_z=4)
    kalman.x = np.concatenate([start, np.zeros(4)])[:, None]
    kalman.P = np.diag(np.concatenate([start_p, start_v]))
    kalman.H = np.eye(4, 8)
    return kalman


def dense_covariance(name: str, mean: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    return covariance if name == "dense" else dense_from_blocks(mean, covariance)[1]


@pytest.mark.parametrize("name", ["block", "dense"])
@pytest.mark.parametrize("shape_name", sorted(SHAPES))
def test_equals_filterpy(name: str, shape_name: str) -> None:
    rng = np.random.default_rng(0)
    shape, batch = SHAPES[shape_name], FILTERS[name]
    corners = rng.uniform(0, 500, (5, 2))
    boxes = np.concatenate([corners, corners + rng.uniform(20, 200, (5, 2))], axis=1)
    measured = shape.measure(boxes)
    start = shape.start(measured)
    mean, covariance = batch.start(measured, *start)
    singles = [reference(measured[i], start[0][i], start[1][i]) for i in range(5)]
    for step in range(20):
        dt = 1 / 25 if step % 3 else 3 / 25  # variable frame rate
        q, qv = shape.process(mean[:, :4])
        mean, covariance = batch.predict(mean, covariance, dt, q, qv)
        for i, single in enumerate(singles):
            single.F = np.eye(8) + np.eye(8, k=4) * dt
            single.Q = np.diag(np.concatenate([q[i], qv[i]]))
            single.predict()
        seen = shape.measure(boxes + rng.normal(0, 2, boxes.shape) + step)
        r = shape.measurement(mean[:, :4])
        mean, covariance = batch.update(mean, covariance, seen, r)
        for i, single in enumerate(singles):
            single.update(seen[i][:, None], R=np.diag(r[i]))
    whole = dense_covariance(name, mean, covariance)
    for i, single in enumerate(singles):
        np.testing.assert_allclose(mean[i], single.x[:, 0], rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(whole[i], single.P, rtol=1e-7, atol=1e-9 * np.abs(single.P).max())


@pytest.mark.parametrize("batch", FILTERS.values(), ids=FILTERS.keys())
def test_arguments_stay_as_they_are(batch: MotionFilter) -> None:
    measured = np.array([[10.0, 20.0, 5.0, 9.0]])
    mean, covariance = batch.start(measured, np.ones((1, 4)), np.ones((1, 4)))
    before = mean.copy(), covariance.copy()
    batch.predict(mean, covariance, 0.5, np.ones((1, 4)), np.ones((1, 4)))
    batch.update(mean, covariance, measured + 1, np.ones((1, 4)))
    np.testing.assert_array_equal(mean, before[0])
    np.testing.assert_array_equal(covariance, before[1])


def test_one_step_by_hand() -> None:
    """Position variance 3, measurement variance 1: the correction is 3/4 of the surprise, the variance left is 3/4."""
    batch = BlockFilter()
    mean, covariance = batch.start(np.zeros((1, 4)), np.full((1, 4), 3.0), np.zeros((1, 4)))
    mean, covariance = batch.update(mean, covariance, np.full((1, 4), 4.0), np.ones((1, 4)))
    np.testing.assert_allclose(mean[0, :4], 3.0)
    np.testing.assert_allclose(covariance[0, 0], 0.75)


@pytest.mark.parametrize("name", sorted(SHAPES))
def test_shapes_give_boxes_back(name: str) -> None:
    boxes = np.array([[10, 20, 40, 100], [0, 0, 7, 3]], np.float32)
    np.testing.assert_allclose(SHAPES[name].boxes(SHAPES[name].measure(boxes)), boxes, rtol=1e-5)


def test_no_tracks() -> None:
    shape = SHAPES["xywh"]
    assert shape.boxes(shape.measure(np.zeros((0, 4)))).shape == (0, 4)
