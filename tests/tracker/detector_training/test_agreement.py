"""Labels from two detectors: both agree, or it is doubt."""

from __future__ import annotations

import numpy as np

from tracker.detector_training.agreement import Agreement, agreed_boxes, without_static
from tracker.structures import Detections


def found(*rows: tuple[float, float, float, float, float]) -> Detections:
    table = np.array(rows, np.float32).reshape(-1, 5)
    return Detections(table[:, :4], table[:, 4])


def test_boxes_that_both_have_are_people_the_others_doubt() -> None:
    first = found((0, 0, 10, 20, 0.6), (50, 0, 60, 20, 0.9))
    second = found((1, 0, 11, 20, 0.2), (90, 0, 99, 20, 0.8))
    agreed = agreed_boxes(first, second)
    assert agreed.people.tolist() == [[0, 0, 10, 20]]
    assert agreed.doubtful.tolist() == [[50, 0, 60, 20], [90, 0, 99, 20]]


def test_weak_agreement_is_doubt() -> None:
    agreed = agreed_boxes(found((0, 0, 10, 20, 0.2)), found((0, 0, 10, 20, 0.25)))
    assert len(agreed.people) == 0
    assert agreed.doubtful.tolist() == [[0, 0, 10, 20]]


def test_one_box_confirms_one_box_the_nearest() -> None:
    """Two boxes of the first on one of the second: the closer is confirmed, the other doubted."""
    first = found((2, 0, 12, 20, 0.9), (0, 0, 10, 20, 0.5))
    agreed = agreed_boxes(first, found((0, 0, 10, 20, 0.5)))
    assert agreed.people.tolist() == [[0, 0, 10, 20]]
    assert agreed.doubtful.tolist() == [[2, 0, 12, 20]]


def test_nobody_agrees_on_nothing() -> None:
    nothing = Detections.empty()
    assert len(agreed_boxes(nothing, nothing).people) == 0
    assert len(agreed_boxes(nothing, found((0, 0, 5, 9, 0.9))).doubtful) == 1
    assert len(agreed_boxes(found((0, 0, 5, 9, 0.9)), nothing).doubtful) == 1


def test_weak_boxes_of_one_alone_are_background() -> None:
    agreed = agreed_boxes(found((0, 0, 10, 20, 0.2)), found((50, 0, 60, 20, 0.3)))
    assert len(agreed.people) == len(agreed.doubtful) == 0


def test_what_stays_in_place_is_furniture() -> None:
    """A chair in three of four frames goes, a walker who passes stays."""
    chair, nothing = [50.0, 50.0, 70.0, 90.0], np.zeros((0, 4), np.float32)
    clip = []
    for number in range(4):
        walker = [10.0 * number, 0.0, 10.0 * number + 8, 30.0]
        boxes = [walker, chair] if number < 3 else [walker]
        clip.append(Agreement(np.array(boxes, np.float32), nothing))
    for number, frame in enumerate(without_static(clip)):
        assert frame.people.tolist() == [[10.0 * number, 0, 10.0 * number + 8, 30]]
