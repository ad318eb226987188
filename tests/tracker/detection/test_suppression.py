"""Non-maximum suppression against the plain double loop."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from crosscam.base.boxes import box_iou
from tracker.detection.suppression import MAX_CANDIDATES, to_detections


def brute_force(boxes: np.ndarray, scores: np.ndarray, max_iou: float) -> list[int]:
    """Best first; each is kept unless one kept before it overlaps it too much."""
    kept: list[int] = []
    for index in np.argsort(-scores, kind="stable"):
        if all(box_iou(boxes[[index]], boxes[[other]])[0, 0] <= max_iou for other in kept):
            kept.append(int(index))
    return kept


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 60), st.sampled_from([0.3, 0.5, 0.65, 0.9]))
def test_suppression_equals_the_double_loop(seed: int, count: int, max_iou: float) -> None:
    random = np.random.default_rng(seed)
    corners = random.uniform(0, 150, (count, 2))
    boxes = np.concatenate([corners, corners + random.uniform(8, 60, (count, 2))], axis=1).astype(np.float32)
    scores = random.permutation(count).astype(np.float32) / max(count, 1) * 0.8 + 0.1  # no two alike
    found = to_detections(boxes, scores, 1.0, (1000, 1000), max_iou)
    kept = brute_force(boxes, scores, max_iou)
    np.testing.assert_array_equal(found.scores, scores[kept])
    np.testing.assert_allclose(found.boxes, boxes[kept], atol=1e-4)


def test_noise_costs_bounded_time_and_keeps_the_best() -> None:
    random = np.random.default_rng(0)
    corners = random.uniform(0, 5000, (3 * MAX_CANDIDATES, 2)).astype(np.float32)
    boxes = np.concatenate([corners, corners + 10], axis=1)
    scores = random.permutation(len(boxes)).astype(np.float32) / len(boxes)
    found = to_detections(boxes, scores, 1.0, (6000, 6000), 0.65)
    assert len(found) <= MAX_CANDIDATES
    assert found.scores[0] == scores.max()


def test_boxes_outside_the_frame_vanish() -> None:
    boxes = np.array([[-50, -50, -10, -10], [90, 10, 150, 60]], np.float32)
    found = to_detections(boxes, np.array([0.9, 0.8], np.float32), 1.0, (100, 100), 0.65)
    assert found.boxes.tolist() == [[90, 10, 100, 60]]
