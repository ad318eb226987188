"""Second boxes of one body: hand-worked cases, brute force, and what they no longer do to tracks."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tracker.single_camera.engine.nested_boxes import MIN_IOU, nested_boxes
from tracker.single_camera.engine.tracker import build_tracker
from tracker.single_camera.options import TrackerOptions
from tracker.structures import Detections, Frame

IMAGE = np.zeros((240, 320, 3), np.uint8)
BODY = [100.0, 50, 140, 200]
TO_THE_KNEES = [102.0, 50, 138, 150]


def test_the_weaker_of_two_nested_boxes_is_a_double() -> None:
    far_behind = [110.0, 60, 125, 100]  # nested, but a tenth of the area
    beside = [125.0, 50, 165, 200]  # overlaps, not nested
    boxes = np.array([TO_THE_KNEES, BODY, far_behind, beside])
    assert nested_boxes(boxes, np.array([0.5, 0.9, 0.4, 0.3]), 0.9).tolist() == [True, False, False, False]
    assert nested_boxes(boxes, np.array([0.9, 0.5, 0.4, 0.3]), 0.9).tolist() == [False, True, False, False]
    assert nested_boxes(boxes[:2], np.array([0.7, 0.7]), 0.9).tolist() == [True, False]
    assert nested_boxes(boxes[1::-1], np.array([0.7, 0.7]), 0.9).tolist() == [False, True]  # the order is nothing
    assert nested_boxes(boxes[:1], np.array([0.7]), 0.9).tolist() == [False]
    assert nested_boxes(np.zeros((0, 4)), np.zeros(0), 0.9).tolist() == []


@given(st.integers(0, 2**32 - 1))
def test_doubles_are_those_of_two_loops(seed: int) -> None:
    rng = np.random.default_rng(seed)
    count = int(rng.integers(0, 8))
    corners = rng.integers(0, 6, (count, 2))
    boxes = np.concatenate([corners, corners + rng.integers(1, 8, (count, 2))], axis=1).astype(np.float64)
    scores = rng.integers(1, 4, count) / 4
    expected = np.zeros(count, bool)
    for i, a in enumerate(boxes):
        for j, b in enumerate(boxes):
            width, height = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
            shared, one, other = width * height, *((box[2] - box[0]) * (box[3] - box[1]) for box in (a, b))
            if width <= 0 or height <= 0 or (scores[j], other) <= (scores[i], one):
                continue
            expected[i] |= shared / min(one, other) >= 0.8 and shared / (one + other - shared) > MIN_IOU
    assert nested_boxes(boxes, scores, 0.8).tolist() == expected.tolist()


def test_a_person_found_twice_for_a_while_has_one_track_and_one_crop() -> None:
    tracker = build_tracker(TrackerOptions(), "cam")
    both = np.array([BODY, TO_THE_KNEES], np.float32)
    looks = np.eye(2, 8, dtype=np.float32)
    ids = []
    for index in range(20):
        shown = 2 if 5 <= index < 12 else 1
        frame = Frame("cam", index, index / 25, IMAGE)
        found = Detections(both[:shown], np.array([0.9, 0.7], np.float32)[:shown], looks[:shown])
        prepared = tracker.prepare(frame, Detections(found.boxes, found.scores))
        assert prepared.rows.tolist() == [0]
        ids.append(tracker.associate(prepared, looks[:1][prepared.wanted]).track_ids.tolist())
    assert ids == [[1]] * 20


def test_presets_without_the_option_keep_both() -> None:
    tracker = build_tracker(TrackerOptions(double_cover=None, birth_max_iou=1.0), "cam")
    both = Detections(np.array([BODY, TO_THE_KNEES], np.float32), np.array([0.9, 0.7], np.float32), None)
    for index in range(5):
        tracks = tracker.update(Frame("cam", index, index / 25, IMAGE), both)
    assert tracks.track_ids.tolist() == [1, 2]
