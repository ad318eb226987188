from __future__ import annotations

import numpy as np
import pytest

from crosscam.base.errors import InputError
from reid.pose_parts import POINTS, SPINDLE, from_coco, glad_parts, spindle_parts

SIZE = (60, 160)
# An upright person in a 60 x 160 crop, left and right as in a mirror-free front view.
STANDING = {
    "right_ankle": (22, 150),
    "right_knee": (23, 115),
    "right_hip": (24, 80),
    "left_hip": (36, 84),
    "left_knee": (37, 115),
    "left_ankle": (38, 150),
    "right_wrist": (10, 85),
    "right_elbow": (12, 60),
    "right_shoulder": (18, 35),
    "left_shoulder": (42, 35),
    "left_elbow": (48, 60),
    "left_wrist": (50, 85),
    "neck": (30, 32),
    "head_top": (34, 8),
}


def points(missing: tuple[str, ...] = ()) -> np.ndarray:
    return np.array([[*STANDING[name], 0.0 if name in missing else 0.9] for name in POINTS], np.float32)


def test_glad_boxes_by_hand() -> None:
    parts = glad_parts(points(), SIZE, slack=4)
    assert parts.visible.all()
    # Head: width 32 - 8 + 8 = 32 about the centre 32; rows 4 to 36. Hips at 82 on average.
    np.testing.assert_allclose(parts.boxes, [[16, 4, 48, 36], [0, 24, 60, 90], [0, 74, 60, 160]])


def test_the_slack_follows_the_height() -> None:
    boxes = glad_parts(points(), SIZE).boxes
    assert boxes[2, 1] == pytest.approx(82 - 2 * 15 * 160 / 512)


def test_missing_points_hide_only_their_parts() -> None:
    assert glad_parts(points(("head_top",)), SIZE).visible.tolist() == [False, True, True]
    assert glad_parts(points(("neck",)), SIZE).visible.tolist() == [False, False, True]
    one_hip = glad_parts(points(("left_hip",)), SIZE, slack=0)
    assert one_hip.boxes[2, 1] == 80
    hidden = glad_parts(points(("right_hip", "left_hip")), SIZE)
    assert hidden.visible.tolist() == [True, False, False]
    assert (hidden.boxes[1] == 0).all()


def test_spindle_boxes_are_the_smallest_rectangles() -> None:
    parts = spindle_parts(points(), SIZE, margin=0)
    boxes = dict(zip(parts.names, parts.boxes.tolist(), strict=True))
    assert list(boxes) == list(SPINDLE)
    assert boxes["head_shoulder"] == [18, 8, 42, 35]
    assert boxes["right_arm"] == [10, 35, 18, 85]
    assert boxes["lower_body"] == [22, 80, 38, 150]


def test_a_spindle_part_needs_two_thirds_of_its_points() -> None:
    parts = spindle_parts(points(("right_ankle", "right_knee")), SIZE)
    visible = dict(zip(parts.names, parts.visible.tolist(), strict=True))
    assert not visible["right_leg"]
    assert visible["lower_body"]
    assert visible["left_leg"]


def test_boxes_stay_inside_the_crop() -> None:
    boxes = spindle_parts(points(), SIZE, margin=0.5).boxes
    assert boxes.min() >= 0
    assert (boxes[:, 2] <= 60).all()
    assert (boxes[:, 3] <= 160).all()


def test_coco_points_are_reordered_and_completed() -> None:
    coco = np.zeros((17, 3), np.float32)
    coco[:, 2] = 1
    coco[0, :2] = (30, 20)  # nose
    coco[5, :2], coco[6, :2] = (42, 40), (18, 40)  # left and right shoulder
    coco[15, :2], coco[16, :2] = (38, 150), (22, 150)  # left and right ankle
    coco[6, 2] = 0.1
    found = dict(zip(POINTS, from_coco(coco).tolist(), strict=True))
    assert found["left_ankle"][:2] == [38, 150]
    assert found["right_ankle"][:2] == [22, 150]
    assert found["neck"] == pytest.approx([30, 40, 0.1])
    assert found["head_top"] == pytest.approx([30, 2, 0.1])  # 20 - 0.9 * 20; as unsure as its weakest point


def test_wrong_shapes_are_refused() -> None:
    with pytest.raises(InputError, match=r"\(17, 3\)"):
        from_coco(np.zeros((14, 3)))
    with pytest.raises(InputError, match=r"\(14, 3\)"):
        glad_parts(np.zeros((17, 3)), SIZE)
