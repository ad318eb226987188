"""Pasted people: where the boxes say, apart from others, with the middle of the crop visible."""

from __future__ import annotations

import numpy as np
import pytest

from crosscam.base.boxes import box_iou
from tracker.detector_training.packed_images import Sample
from tracker.detector_training.pasting import HEIGHT_PX, paste_people

NONE = np.zeros((0, 4), np.float32)
CROPS = np.full((2, 128, 64, 3), 250, np.uint8)


def empty(height: int = 300, width: int = 400, people: np.ndarray = NONE, ignored: np.ndarray = NONE) -> Sample:
    return Sample(np.full((height, width, 3), 20, np.uint8), people, ignored)


@pytest.mark.parametrize("seed", range(15))
def test_the_middle_of_a_pasted_box_shows_the_person(seed: int) -> None:
    sample = empty()
    pasted = paste_people(sample, CROPS, 4, np.random.default_rng(seed))
    assert 1 <= len(pasted.people) <= 4
    assert (sample.image == 20).all()
    for x1, y1, x2, y2 in pasted.people:
        assert x1 >= 0
        assert y1 >= 0
        assert x2 <= 400
        assert y2 <= 300
        assert HEIGHT_PX[0] * 0.9 <= y2 - y1 <= HEIGHT_PX[1]
        assert pasted.image[int((y1 + y2) / 2), int((x1 + x2) / 2)].mean() > 80
        assert 1.5 < (y2 - y1) / (x2 - x1) < 3.2
    overlap = box_iou(pasted.people, pasted.people) - np.eye(len(pasted.people))
    assert overlap.max() < 0.2


@pytest.mark.parametrize("seed", range(10))
def test_people_and_ignored_regions_are_left_alone(seed: int) -> None:
    others = np.array([[0, 0, 200, 300]], np.float32)
    sample = empty(people=others, ignored=np.array([[200, 0, 400, 150]], np.float32))
    pasted = paste_people(sample, CROPS, 4, np.random.default_rng(seed))
    assert pasted.people[0].tolist() == others[0].tolist()
    assert pasted.ignored is sample.ignored
    assert (box_iou(pasted.people[1:], np.concatenate([others, sample.ignored])) <= 0.1).all()


def test_pictures_too_small_for_anybody_stay_as_they_are() -> None:
    sample = empty(30, 40)
    assert paste_people(sample, CROPS, 3, np.random.default_rng(0)) is sample
