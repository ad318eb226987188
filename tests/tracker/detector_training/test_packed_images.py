"""Images in memory: scaled with their boxes, split by name, crops of one size."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from crosscam.base.errors import InputError
from tracker.detector_training.annotations import LabelledImage
from tracker.detector_training.packed_images import is_held_out, load_people, load_samples


def labelled(height: int, width: int) -> LabelledImage:
    image = np.full((height, width, 3), 90, np.uint8)
    boxes = np.array([[10, 20, 30, 60]], np.float32)
    return LabelledImage("a.jpg", lambda: image, boxes, boxes + 40)


def test_large_images_shrink_with_their_boxes_small_ones_stay() -> None:
    large, small = load_samples([labelled(200, 400), labelled(80, 100)], long_side=200)
    assert large.image.shape == (100, 200, 3)
    assert large.people.tolist() == [[5, 10, 15, 30]]
    assert large.ignored.tolist() == [[25, 30, 35, 50]]
    assert small.image.shape == (80, 100, 3)
    assert small.people.tolist() == [[10, 20, 30, 60]]


def test_the_split_depends_on_names_alone() -> None:
    names = [f"image_{n}.jpg" for n in range(5000)]
    held_out = [is_held_out(name, 0.1) for name in names]
    assert 0.08 < np.mean(held_out) < 0.12
    assert held_out == [is_held_out(name, 0.1) for name in names]
    assert not any(is_held_out(name, 0.0) for name in names)
    assert all(is_held_out(name, 1.0) for name in names)
    assert all(is_held_out(n, 0.2) for n, held in zip(names, held_out, strict=True) if held)


def test_crops_have_one_size_and_the_seed_chooses_them(tmp_path: Path) -> None:
    for n in range(6):
        cv2.imwrite(str(tmp_path / f"{n}.jpg"), np.full((60 + n, 30, 3), 40 * n, np.uint8))
    crops = load_people(tmp_path, count=4, seed=3)
    assert crops.shape == (4, 128, 64, 3)
    np.testing.assert_array_equal(crops, load_people(tmp_path, count=4, seed=3))
    assert len(load_people(tmp_path, count=100, seed=0)) == 6


def test_a_folder_without_crops_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nothing_here"):
        load_people(tmp_path / "nothing_here", 3, 0)
