"""Colours, letters and clock times."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from tracker.output.render.colors import identity_color, text_color
from tracker.output.render.text import clock_text, paste, text_picture


def test_colors_are_stable_bright_and_far_apart() -> None:
    colors = [identity_color(i) for i in range(1, 200)]
    assert colors == [identity_color(i) for i in range(1, 200)]
    assert all(max(color) >= 200 for color in colors)
    distances = [np.abs(np.subtract(a, b)).max() for a, b in pairwise(colors)]
    assert min(distances) > 60
    assert len(set(colors[:30])) == 30


def test_text_stands_out() -> None:
    assert text_color((255, 255, 255)) == (0, 0, 0)
    assert text_color((120, 0, 0)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("time_s", "text"),
    [(0, "0:00.0"), (59.96, "1:00.0"), (61.25, "1:01.2"), (3725.5, "1:02:05.5"), (-1.5, "-0:01.5"), (-0.01, "0:00.0")],
)
def test_clock_times(time_s: float, text: str) -> None:
    assert clock_text(time_s) == text
    assert clock_text(125.4, digits=0) == "2:05"


def test_a_picture_has_the_ink_of_its_letters() -> None:
    picture = text_picture("12", 20, (255, 255, 255), (0, 0, 0))
    assert picture.dtype == np.uint8
    assert picture.max() > 240
    ink = picture.max(axis=(1, 2)) > 128
    assert not ink[0]
    assert not ink[-1]  # nothing is cut off
    assert text_picture("", 20, (0, 0, 0), (9, 9, 9)).size > 0
    assert text_picture("摄", 20, (0, 0, 0), (9, 9, 9)).size > 0


@pytest.mark.parametrize(("left", "top"), [(-50, -50), (95, 95), (500, 3), (3, 500), (10, 20)])
def test_pasting_stays_inside(left: int, top: int) -> None:
    image = np.zeros((100, 100, 3), np.uint8)
    paste(image, np.ones((10, 20, 3), np.uint8), left, top)
    assert image[..., 0].sum() == 200


def test_a_picture_larger_than_the_image_is_cut() -> None:
    image = np.zeros((5, 5, 3), np.uint8)
    paste(image, np.ones((10, 20, 3), np.uint8), 0, 0)
    assert image.all()
