"""People cut by the frame's border are filled up to a whole body."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.detection.border_crops import BODY_ASPECT, FILL, body_crops, missing_margins

WIDTH, HEIGHT = 640, 480


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        ([10, 100, 110, 350], [0, 0, 0, 0]),  # inside
        ([10, 355, 110, 480], [0, 125, 0, 0]),  # cut below: 125 of 250 pixels are seen
        ([10, 355, 110, 500], [0, 125, 0, 0]),  # a box that reaches beyond the frame shows no more
        ([10, 0, 110, 100], [150, 0, 0, 0]),  # cut above
        ([0, 100, 40, 300], [0, 0, 40, 0]),  # cut at the left: 40 of 80 pixels are seen
        ([600, 100, 640, 300], [0, 0, 0, 40]),  # cut at the right
        ([10, 0, 110, 480], [0, 0, 0, 0]),  # from border to border: unknown
        ([0, 355, 100, 480], [0, 0, 0, 0]),  # in a corner: unknown
        ([10, 280, 110, 480], [0, 0, 0, 0]),  # 200 of 250 pixels: perhaps only a broad person
        ([10, 470, 110, 480], [0, 40, 0, 0]),  # hardly anything: at most five times what is seen
    ],
)
def test_what_is_missing(box: list[float], expected: list[int]) -> None:
    assert missing_margins(np.array([box]), WIDTH, HEIGHT).tolist() == [expected]


def test_crops_are_filled_where_something_is_missing() -> None:
    image = np.full((HEIGHT, WIDTH, 3), 200, np.uint8)
    whole, cut = body_crops(image, np.array([[10, 100, 110, 350], [10, 355, 110, 480]], np.float32))
    assert whole.shape == (250, 100, 3)
    assert cut.shape == (250, 100, 3)
    assert (cut[:125] == 200).all()
    assert (cut[125:] == FILL).all()
    assert body_crops(image, np.zeros((0, 4), np.float32)) == []


coordinates = st.integers(-50, 700)


@given(st.lists(st.tuples(coordinates, coordinates, st.integers(1, 400), st.integers(1, 400)), max_size=8))
def test_one_side_at_most_is_filled_and_no_further_than_a_body(boxes: list[tuple[int, int, int, int]]) -> None:
    corners = np.array([[x, y, x + w, y + h] for x, y, w, h in boxes], np.float32).reshape(-1, 4)
    margins = missing_margins(corners, WIDTH, HEIGHT)
    assert (margins >= 0).all()
    assert ((margins > 0).sum(axis=1) <= 1).all()
    for crop, margin in zip(body_crops(np.zeros((HEIGHT, WIDTH, 3), np.uint8), corners), margins, strict=True):
        height, width = crop.shape[:2]
        if margin[:2].any():
            assert height <= BODY_ASPECT * width + 3
        if margin[2:].any():
            assert height >= BODY_ASPECT * width - 3 * BODY_ASPECT
