"""Augmentation: geometry by hand, determinism, and that strength 0 changes nothing but the side."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from crosscam.base.errors import DatasetError
from crosscam.base.images import resize_into
from reid.data.image_store import ImageStore
from reid.data.transforms import CropAugmentation, augment_batch, augment_clip, random_box, warp_to_box


def noise(count: int, height: int = 128, width: int = 64) -> list[np.ndarray]:
    random = np.random.default_rng(0)
    small = random.integers(0, 256, (count, 16, 8, 3), dtype=np.uint8)
    return [cv2.resize(image, (width, height)) for image in small]


def test_whole_box_is_the_image_and_its_mirror() -> None:
    (image,) = noise(1)
    np.testing.assert_array_equal(warp_to_box(image, (0, 0, 1, 1), (128, 64), False), image)
    np.testing.assert_array_equal(warp_to_box(image, (0, 0, 1, 1), (128, 64), True), image[:, ::-1])


def test_lower_half_is_the_lower_half() -> None:
    (image,) = noise(1)
    found = warp_to_box(image, (0, 0.5, 1, 1), (64, 64), False)
    np.testing.assert_array_equal(found, image[64:])


def test_outside_repeats_the_border() -> None:
    (image,) = noise(1)
    found = warp_to_box(image, (0, -0.25, 1, 0.75), (128, 64), False)
    np.testing.assert_array_equal(found[:32], np.repeat(image[:1], 32, axis=0))


def test_boxes_stay_within_their_limits() -> None:
    options, rng = CropAugmentation(), np.random.default_rng(0)
    boxes = np.array([random_box(rng, options) for _ in range(2000)])
    assert np.abs(boxes[:, :2]).max() <= options.shift + options.scale / 2 + 1.2 * options.max_cut
    assert ((boxes[:, 3] - boxes[:, 1]) > 0.5).all()
    cut = (boxes[:, 3] - boxes[:, 1]) < 1 - options.scale - 1e-9
    assert 0.02 < cut.mean() < options.cut


def test_same_seed_same_batch_and_inputs_stay_as_they_are() -> None:
    images = noise(16)
    before = [image.copy() for image in images]
    first = augment_batch(images, (128, 64), np.random.default_rng(3), CropAugmentation())
    second = augment_batch(images, (128, 64), np.random.default_rng(3), CropAugmentation())
    np.testing.assert_array_equal(first, second)
    assert first.shape == (16, 128, 64, 3)
    assert (first != augment_batch(images, (128, 64), np.random.default_rng(4), CropAugmentation())).any()
    for image, same in zip(images, before, strict=True):
        np.testing.assert_array_equal(image, same)


def test_no_strength_is_the_image_or_its_mirror() -> None:
    images = noise(8)
    found = augment_batch(images, (128, 64), np.random.default_rng(0), CropAugmentation().scaled(0.0))
    for image, result in zip(images, found, strict=True):
        near = [np.abs(result.astype(int) - side.astype(int)).max() for side in (image, image[:, ::-1])]
        assert min(near) <= 1


def test_a_clip_shares_its_geometry_and_colours() -> None:
    (image,) = noise(1)
    options = CropAugmentation(erase=0.0, occlude=0.0, blur=0.0, low_resolution=0.0, compress=0.0)
    clip, erased = augment_clip([image] * 4, (128, 64), np.random.default_rng(1), options)
    for frame in clip[1:]:
        np.testing.assert_array_equal(frame, clip[0])
    assert not erased.any()
    options = CropAugmentation(erase=1.0, occlude=0.0, blur=0.0, low_resolution=0.0, compress=0.0)
    clip, erased = augment_clip([image] * 4, (128, 64), np.random.default_rng(1), options)
    assert erased.all()
    assert (clip[0] != clip[1]).any()


def test_resize_into_matches_opencv_and_copies_the_right_size() -> None:
    images = [*noise(1), *noise(1, 90, 50), *noise(1, 400, 150)]
    batch = np.empty((3, 128, 64, 3), np.uint8)
    resize_into(images, batch)
    np.testing.assert_array_equal(batch[0], images[0])
    np.testing.assert_array_equal(batch[1], cv2.resize(images[1], (64, 128), interpolation=cv2.INTER_LINEAR))
    np.testing.assert_array_equal(batch[2], cv2.resize(images[2], (64, 128), interpolation=cv2.INTER_AREA))


def test_unreadable_images_are_counted_or_refused(tmp_path: Path) -> None:
    for number, image in enumerate(noise(3, 600, 200)):
        cv2.imwrite(str(tmp_path / f"{number}.png"), image)
    (tmp_path / "bad.png").write_bytes(b"no image")
    paths = [tmp_path / "0.png", tmp_path / "bad.png", tmp_path / "2.png"]
    store = ImageStore(paths, 128, max_unreadable=0.5)
    assert store.readable.tolist() == [0, 2]
    assert store[1].shape == (192, 64, 3)
    with pytest.raises(DatasetError, match=r"1 of 3 images cannot be read, first '.*bad\.png'"):
        ImageStore(paths, 128)
