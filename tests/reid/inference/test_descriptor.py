"""The hand-made descriptor: unit vectors that follow the clothes, not the light or the size."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reid.embedder import load_embedder
from reid.inference.descriptor import (
    COLOURS,
    TEXTURES,
    HandMadeDescriptor,
    colour_codes,
    maximal_occurrence,
    texture_codes,
)


def person(upper: tuple[int, int, int], lower: tuple[int, int, int], height: int = 128) -> np.ndarray:
    random = np.random.default_rng(0)
    image = np.full((height, height // 2, 3), 120, np.int16)
    image[height // 5 : height // 2, height // 8 : -height // 8] = upper
    image[height // 2 :, height // 8 : -height // 8] = lower
    return np.clip(image + random.integers(-10, 11, image.shape), 0, 255).astype(np.uint8)


def test_same_clothes_are_nearer_than_others() -> None:
    red, blue = ((30, 30, 200), (40, 40, 40)), ((200, 60, 30), (200, 200, 200))
    found = HandMadeDescriptor().embed([person(*red), person(*red, height=200), person(*blue)])
    cosines = found @ found.T
    assert cosines[0, 1] > 0.8 > cosines[0, 2]


def test_exchanged_halves_are_another_person() -> None:
    red, black = (30, 30, 200), (40, 40, 40)
    found = HandMadeDescriptor().embed([person(red, black), person(black, red)])
    assert found[0] @ found[1] < 0.8


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 300), st.integers(1, 200), st.integers(0, 2**31))
def test_any_size_gives_a_unit_vector(height: int, width: int, seed: int) -> None:
    image = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    found = HandMadeDescriptor().embed([image])
    assert found.dtype == np.float32
    assert np.linalg.norm(found[0]) == pytest.approx(1.0, abs=1e-5)


def test_flat_image_has_the_neutral_texture_and_one_colour() -> None:
    image = np.full((120, 40, 3), 90, np.uint8)
    assert (texture_codes(image) == 0).all()
    assert len(np.unique(colour_codes(image))) == 1
    assert colour_codes(image).max() < COLOURS
    assert texture_codes(np.random.default_rng(0).integers(0, 256, (120, 40, 3), dtype=np.uint8)).max() < TEXTURES


def test_maximal_occurrence_equals_slow_windows() -> None:
    codes = np.random.default_rng(0).integers(0, 7, (120, 40))
    found = maximal_occurrence(codes, 7)
    for row in range(11):
        windows = [codes[10 * row : 10 * row + 20, 10 * c : 10 * c + 20] for c in range(3)]
        expected = np.max([np.bincount(window.ravel(), minlength=7) for window in windows], axis=0)
        assert found[row].tolist() == expected.tolist()


def test_no_crops_and_wrong_crops() -> None:
    embedder = load_embedder("descriptor")
    assert embedder.embed([]).shape == (0, embedder.dimension)
    with pytest.raises(ValueError, match="crop 0"):
        embedder.embed([np.zeros((3, 3), np.uint8)])


@pytest.mark.shared_data
def test_finds_real_people_better_than_chance(shared: Path) -> None:
    folders = sorted((shared / "data" / "mars_tracklets").glob("0[02]*"))[:60]
    people = np.array([int(folder.name[:4]) for folder in folders])
    images = [cv2.imread(str(folder / "03.jpg")) for folder in folders]
    found = load_embedder("descriptor").embed(images)
    similarity = found @ found.T - 2 * np.eye(len(found))
    repeated = np.array([(people == p).sum() > 1 for p in people])
    right = people[similarity.argmax(1)] == people
    chance = np.mean([((people == p).sum() - 1) / (len(people) - 1) for p in people[repeated]])
    assert right[repeated].mean() > 3 * chance
