"""Random views: a painted person is where its box says, whatever scale, cut, mirror and mosaic did."""

from __future__ import annotations

import numpy as np
import pytest

from tracker.detector_training.packed_images import Sample
from tracker.detector_training.views import MIN_HEIGHT_PX, MIN_VISIBLE, mosaic, random_view, visible_boxes

NONE = np.zeros((0, 4), np.float32)


def painted(x1: int, y1: int, x2: int, y2: int, size: tuple[int, int] = (180, 320)) -> Sample:
    """A black image with one white person."""
    image = np.zeros((*size, 3), np.uint8)
    image[y1:y2, x1:x2] = 255
    return Sample(image, np.array([[x1, y1, x2, y2]], np.float32), NONE)


def painted_box(image: np.ndarray) -> list[float]:
    y, x = np.nonzero(image[..., 0] > 180)
    return [x.min(), y.min(), x.max() + 1, y.max() + 1]


@pytest.mark.parametrize("seed", range(40))
def test_the_box_follows_the_person(seed: int) -> None:
    view = random_view(painted(140, 40, 190, 150), (160, 160), (120, 300), np.random.default_rng(seed))
    assert view.image.shape == (160, 160, 3)
    boxes = np.concatenate([view.people, view.ignored])
    assert len(boxes) <= 1
    if len(boxes):
        np.testing.assert_allclose(boxes[0], painted_box(view.image), atol=2.1)


def test_views_are_mirrored_half_of_the_time() -> None:
    """A person left of the middle is seen right of it about as often, where the whole image fits."""
    sides = []
    for seed in range(200):
        view = random_view(painted(20, 40, 70, 150), (200, 330), (320, 320.1), np.random.default_rng(seed))
        sides.append(view.people[0, 0] > 165)
    assert 0.35 < np.mean(sides) < 0.65


@pytest.mark.parametrize("seed", range(20))
def test_a_mosaic_holds_four_pictures_with_their_people(seed: int) -> None:
    samples = [painted(60, 30, 100, 150) for _ in range(4)]
    view = mosaic(samples, 256, (200, 220), np.random.default_rng(seed))
    assert view.image.shape == (256, 256, 3)
    assert len(view.people) + len(view.ignored) <= 4
    for x1, y1, x2, y2 in view.people:
        inside = view.image[int(y1) + 3 : int(y2) - 3, int(x1) + 3 : int(x2) - 3]
        assert (inside > 180).mean() > 0.95


def test_cut_people_are_ignored_when_too_little_is_left() -> None:
    boxes = np.array(
        [
            [10, 10, 30, 50],  # whole
            [-10, 60, 10, 90],  # half
            [-17, 10, 3, 50],  # 15 percent
            [40, 40, 45, 40 + MIN_HEIGHT_PX - 1],  # too small
            [200, 10, 220, 50],  # elsewhere
        ],
        np.float32,
    )
    people, rest = visible_boxes(boxes, (100, 100))
    assert people.tolist() == [[10, 10, 30, 50], [0, 60, 10, 90]]
    assert rest.tolist() == [[0, 10, 3, 50], [40, 40, 45, 51]]
    assert 0.15 < MIN_VISIBLE < 0.5
    assert [len(part) for part in visible_boxes(NONE, (100, 100))] == [0, 0]
