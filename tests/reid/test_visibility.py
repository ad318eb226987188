from __future__ import annotations

import numpy as np
import pytest

from reid.errors import ReidError
from reid.visibility import complete_crop, masked_part_distances, visible_rows, visible_windows

WIDTH = 4
PARTS = {"parts": 2, "windows": [[0, 1], [1, 2], [0, 2]], "width": WIDTH}


def embeddings(seed: int, count: int) -> np.ndarray:
    """Pyramid embeddings: three unit slices, the whole of unit length."""
    slices = np.random.default_rng(seed).normal(size=(count, 3, WIDTH)).astype(np.float32)
    slices /= np.linalg.norm(slices, axis=2, keepdims=True) * np.sqrt(3)
    return slices.reshape(count, -1)


def test_rows_of_boxes_at_the_border() -> None:
    boxes = [
        [10, 100, 110, 350],  # inside: whole
        [10, 355, 110, 480],  # cut below: 125 of 250 pixels
        [10, 0, 110, 100],  # cut above: 100 of 250 pixels
        [10, 0, 110, 480],  # touches both: unknown, whole
        [10, 200, 110, 480],  # at the border but as tall as a whole body
    ]
    expected = [[0, 1], [0, 0.5], [0.6, 1], [0, 1], [0, 1]]
    np.testing.assert_allclose(visible_rows(np.array(boxes), (640, 480), aspect=2.5), expected, atol=1e-6)
    assert visible_rows(np.zeros((0, 4)), (640, 480)).shape == (0, 2)


def test_completing_puts_the_parts_back_into_their_rows() -> None:
    crop = np.full((60, 20, 3), 200, np.uint8)
    whole = complete_crop(crop, (0.0, 0.5))
    assert whole.shape == (120, 20, 3)
    assert (whole[:60] == 200).all()
    assert (whole[60:] == 114).all()
    assert (complete_crop(crop, (0.4, 1.0))[:40] == 114).all()
    assert complete_crop(crop, (0.0, 1.0)).shape == crop.shape
    with pytest.raises(ReidError, match="visible rows"):
        complete_crop(crop, (0.5, 0.5))


def test_windows_that_saw_fill_are_left_out() -> None:
    rows = np.array([[0, 1], [0, 0.5], [0.5, 1], [0, 0.9]])
    expected = [[1, 1, 1], [1, 0, 0], [0, 1, 0], [1, 1, 1]]
    assert visible_windows(rows, PARTS, min_share=0.75).astype(int).tolist() == expected
    assert visible_windows(rows[1], PARTS).astype(int).tolist() == [[1, 0, 1]]  # half of the whole is visible
    assert visible_windows(rows[3], PARTS, min_share=1.0).astype(int).tolist() == [[1, 0, 0]]


def test_everything_visible_is_the_cosine_distance() -> None:
    queries, gallery = embeddings(0, 5), embeddings(1, 7)
    found = masked_part_distances(queries, gallery, np.ones((5, 3)), np.ones((7, 3)), PARTS)
    np.testing.assert_allclose(found, 1 - queries @ gallery.T, atol=1e-6)


def test_masked_distance_equals_a_loop_over_windows() -> None:
    queries, gallery = embeddings(0, 5), 3 * embeddings(1, 7)  # lengths do not matter
    rng = np.random.default_rng(2)
    seen, shown = rng.random((5, 3)) < 0.6, rng.random((7, 3)) < 0.6
    found = masked_part_distances(queries, gallery, seen, shown, PARTS)
    for q in range(5):
        for g in range(7):
            cosines = []
            for window in np.flatnonzero(seen[q] & shown[g]):
                a, b = (x[WIDTH * window : WIDTH * (window + 1)] for x in (queries[q], gallery[g]))
                cosines.append(a @ b / np.linalg.norm(a) / np.linalg.norm(b))
            assert found[q, g] == pytest.approx(1 - np.mean(cosines) if cosines else 1.0, abs=1e-5)


def test_a_hidden_part_no_longer_counts() -> None:
    person, other = embeddings(0, 2)
    cut = person.copy()
    cut[WIDTH:] = other[WIDTH:]  # lower half and whole body show something else
    masks = visible_windows(np.array([[0, 0.5]]), PARTS, 0.75), np.ones((1, 3))
    assert masked_part_distances(cut[None], person[None], *masks, PARTS)[0, 0] == pytest.approx(0, abs=1e-6)
    assert 1 - cut @ person > 0.1


def test_wrong_shapes_and_models_without_parts_are_refused() -> None:
    everything = np.ones((2, 3))
    with pytest.raises(ReidError, match="3 windows x 4"):
        masked_part_distances(np.zeros((2, 11)), embeddings(0, 2), everything, everything, PARTS)
    with pytest.raises(ReidError, match="one weight per window"):
        masked_part_distances(embeddings(0, 2), embeddings(0, 2), np.ones((2, 2)), everything, PARTS)
    with pytest.raises(ReidError, match="needs a pyramid model"):
        masked_part_distances(embeddings(0, 2), embeddings(0, 2), everything, everything, {})
