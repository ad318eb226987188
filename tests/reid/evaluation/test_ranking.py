from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crosscam.base.errors import InputError
from reid.evaluation.ranking import answer_ranks, average_precision, evaluate, evaluate_embeddings


def ranks_of(hits: list[int]) -> np.ndarray:
    return np.flatnonzero(hits) + 1


@pytest.mark.parametrize(
    ("hits", "rectangle", "trapezoid"),
    [
        ([0, 1], 0.5, 0.25),
        ([1, 0, 1], 0.8333, 0.7917),
        ([0, 0, 0, 1], 0.25, 0.125),
        ([0, 1, 0, 1, 1], 0.5333, 0.4056),
        ([1, 0, 0, 0, 0, 0, 0, 0, 0, 1], 0.6, 0.5778),
        ([1, 1, 1], 1.0, 1.0),
    ],
)
def test_both_definitions_of_average_precision(hits: list[int], rectangle: float, trapezoid: float) -> None:
    assert average_precision(ranks_of(hits), "rectangle") == pytest.approx(rectangle, abs=5e-5)
    assert average_precision(ranks_of(hits), "trapezoid") == pytest.approx(trapezoid, abs=5e-5)


def test_a_worked_query_with_junk_and_a_distractor() -> None:
    # Order by distance: same camera (ignored), distractor, junk (ignored), answer, other person, answer.
    distances = np.array([[0.1, 0.2, 0.3, 0.4, 0.5, 0.6]])
    result = evaluate(distances, [7], [1], [7, 0, -1, 7, 5, 7], [1, 2, 2, 2, 2, 3])
    assert result.first_ranks.tolist() == [2]  # distractor first
    assert result.average_precisions[0] == pytest.approx((1 / 2 + 2 / 4) / 2)
    assert result.inverse_penalties[0] == pytest.approx(2 / 4)
    assert result.cmc(3).tolist() == [0.0, 1.0, 1.0]


def test_equal_distances_rank_in_gallery_order() -> None:
    zeros = np.zeros((1, 4))
    assert evaluate(zeros, [1], [1], [2, 1, 1, 3], [2, 2, 2, 2]).first_ranks.tolist() == [2]
    assert evaluate(zeros, [1], [1], [1, 2, 3, 4], [2, 2, 2, 2]).first_ranks.tolist() == [1]


def test_cmc_is_padded_where_the_gallery_is_short() -> None:
    result = evaluate(np.array([[0.2, 0.1]]), [1], [1], [1, 2], [2, 2])
    assert result.cmc(5).tolist() == [0, 1, 1, 1, 1]


def test_queries_without_an_answer_are_left_out_and_named() -> None:
    result = evaluate(np.array([[0.1, 0.2], [0.1, 0.2]]), [1, 9], [1, 1], [1, 2], [2, 2])
    assert result.valid.tolist() == [True, False]
    assert result.percent()["mAP"] == 100.0


def test_no_query_with_an_answer_is_an_error() -> None:
    with pytest.raises(InputError, match="none of the 1 queries"):
        evaluate(np.array([[0.1]]), [1], [1], [1], [1])


def test_a_camera_per_frame_is_refused() -> None:
    with pytest.raises(InputError, match="camera ids"):
        evaluate(np.zeros((1, 2)), [1], [1], [1, 2], [1, 1, 1, 2])


@pytest.mark.parametrize("shape", [(1, 3), (3, 2), (1, 2)])
def test_a_matrix_of_the_wrong_shape_is_refused(shape: tuple[int, int]) -> None:
    with pytest.raises(InputError, match="distances have"):
        evaluate(np.zeros(shape), [1, 2], [1, 1], [1, 2], [2, 2])


def test_distances_that_are_not_finite_are_refused() -> None:
    with pytest.raises(InputError, match="query 0 are not finite"):
        evaluate(np.array([[np.nan, 1.0]]), [1], [1], [1, 2], [2, 2])


def brute_force(distances, query_ids, query_cameras, gallery_ids, gallery_cameras):  # type: ignore[no-untyped-def]
    """Sort, drop what is ignored, walk down the list."""
    scores = []
    for q, row in enumerate(distances):
        order = np.argsort(row, kind="stable")
        kept = [
            g
            for g in order
            if gallery_ids[g] != -1 and not (gallery_ids[g] == query_ids[q] and gallery_cameras[g] == query_cameras[q])
        ]
        hits = [int(gallery_ids[g] == query_ids[q]) for g in kept]
        if sum(hits):
            precision = [sum(hits[: i + 1]) / (i + 1) for i in range(len(hits)) if hits[i]]
            scores.append((hits.index(1) + 1, np.mean(precision), sum(hits) / (max(ranks_of(hits)))))
    return scores


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 100_000), st.integers(1, 4))
def test_equals_brute_force_with_many_ties(seed: int, levels: int) -> None:
    rng = np.random.default_rng(seed)
    gallery_ids, gallery_cameras = rng.integers(-1, 5, 30), rng.integers(1, 4, 30)
    query_ids, query_cameras = rng.integers(0, 6, 8), rng.integers(1, 4, 8)
    distances = rng.integers(0, levels * 3, (8, 30)) / 7.0
    expected = brute_force(distances, query_ids, query_cameras, gallery_ids, gallery_cameras)
    if not expected:
        return
    result = evaluate(distances, query_ids, query_cameras, gallery_ids, gallery_cameras)
    found = zip(result.first_ranks, result.average_precisions, result.inverse_penalties, strict=True)
    np.testing.assert_allclose(list(found), expected)


def test_ranks_of_a_large_tied_row() -> None:
    row = np.repeat(np.arange(10), 10).astype(float)
    answers = np.array([3, 17, 18, 99])
    order = np.argsort(row, kind="stable")
    expected = np.sort(np.argsort(order)[answers] + 1)
    assert answer_ranks(row, answers).tolist() == expected.tolist()


def test_embeddings_in_blocks_equal_the_whole_matrix() -> None:
    rng = np.random.default_rng(0)
    q, g = rng.normal(size=(20, 8)), rng.normal(size=(50, 8))
    q, g = q / np.linalg.norm(q, axis=1, keepdims=True), g / np.linalg.norm(g, axis=1, keepdims=True)
    labels = (rng.integers(0, 5, 20), rng.integers(0, 3, 20), rng.integers(0, 5, 50), rng.integers(0, 3, 50))
    whole = evaluate(1 - q.astype(np.float32) @ g.astype(np.float32).T, *labels)
    blocks = evaluate_embeddings(q, g, *labels, block=7)
    np.testing.assert_array_equal(whole.average_precisions, blocks.average_precisions)


def test_the_input_matrix_is_not_changed() -> None:
    distances = np.array([[0.1, 0.2]])
    evaluate(distances, [1], [1], [1, 1], [1, 2])
    assert distances.tolist() == [[0.1, 0.2]]
