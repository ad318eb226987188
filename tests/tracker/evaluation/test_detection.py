"""Average precision, recall and miss rate: hand-worked cases, a brute-force area, ignore rules."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.evaluation.detection import (
    ImageBoxes,
    Ranking,
    average_precision,
    evaluate_detections,
    log_average_miss_rate,
    match_image,
    rank_detections,
    recall_at,
)

NONE = np.zeros((0, 4), np.float32)
A, B, FAR = [0, 0, 10, 20], [100, 0, 110, 20], [300, 0, 310, 20]


def boxes(*rows: list[float]) -> np.ndarray:
    return np.array(rows, np.float32).reshape(-1, 4)


def image(found: np.ndarray, scores: list[float], truth: np.ndarray, ignored: np.ndarray = NONE) -> ImageBoxes:
    return ImageBoxes(found, np.array(scores, np.float32), truth, ignored)


def ranking(correct: list[bool], people: int, images: int = 1) -> Ranking:
    return Ranking(np.linspace(1, 0.1, len(correct)), np.array(correct, bool), people, images)


def test_right_wrong_right_of_two_people() -> None:
    """Precision 1 up to recall 1/2, then 2/3: 1/2 + 1/2 * 2/3."""
    scores = evaluate_detections([image(boxes(A, FAR, B), [0.9, 0.8, 0.7], boxes(A, B))])
    assert scores.ap50 == pytest.approx(5 / 6)
    assert scores.ap50_95 == pytest.approx(5 / 6)
    assert (scores.people, scores.images) == (2, 1)


def test_a_loose_box_counts_at_low_thresholds_only() -> None:
    """IoU 10 x 14 of 10 x 20 = 0.7: right at 0.5 to 0.7, five of ten thresholds."""
    scores = evaluate_detections([image(boxes([0, 0, 10, 14]), [0.9], boxes(A))])
    assert scores.ap50 == 1.0
    assert scores.ap50_95 == pytest.approx(0.5)


def test_a_second_box_on_a_person_is_wrong() -> None:
    correct, counts = match_image(boxes(A, [0, 0, 10, 19]), boxes(A), NONE, 0.5)
    assert correct.tolist() == [True, False]
    assert counts.all()


def test_the_surer_box_takes_the_person_it_overlaps_most() -> None:
    """The first box fits the second person better, which leaves the first person to the second box."""
    near = [4, 0, 14, 20]
    correct, _ = match_image(boxes([3, 0, 13, 20], [1, 0, 11, 20]), boxes(A, near), NONE, 0.4)
    assert correct.tolist() == [True, True]


def test_boxes_in_ignored_regions_do_not_count_and_people_come_first() -> None:
    """A crowd region around both: the person is found, two more boxes inside are forgiven, one half outside is not."""
    crowd = boxes([0, 0, 60, 40])
    found = boxes(A, [20, 0, 30, 20], [40, 0, 50, 20], [56, 0, 66, 20])
    correct, counts = match_image(found, boxes(A), crowd, 0.5)
    assert correct.tolist() == [True, False, False, False]
    assert counts.tolist() == [True, False, False, True]


def test_ignored_people_are_not_missed() -> None:
    scores = evaluate_detections([image(boxes(A), [0.9], boxes(A), boxes(B))])
    assert scores.ap50 == 1.0
    assert scores.miss_rate == pytest.approx(0, abs=1e-9)


def test_scores_are_sorted_over_all_images() -> None:
    """A wrong box that is surer than a right one in another image lowers precision."""
    images = [image(boxes(A), [0.5], boxes(A)), image(boxes(FAR), [0.6], boxes(B))]
    ranked = rank_detections(images, 0.5)
    assert ranked.correct.tolist() == [False, True]
    assert average_precision(ranked) == pytest.approx(0.25)


def test_recall_at_false_positives_per_image() -> None:
    """Two images, four people: right, wrong, right, wrong, wrong, right."""
    ranked = ranking([True, False, True, False, False, True], people=4, images=2)
    assert recall_at(ranked, 0.1) == 0.25
    assert recall_at(ranked, 0.5) == 0.5
    assert recall_at(ranked, 1.5) == 0.75


def test_miss_rate_is_the_geometric_mean_over_nine_rates() -> None:
    """Ten images, four people; the third box is wrong, so 2 are missed below 0.1 false ones per image, 1 from there."""
    ranked = ranking([True, True, False, True], people=4, images=10)
    rates = np.logspace(-2, 0, 9)
    expected = np.exp(np.mean([math.log(0.5 if rate < 0.1 - 1e-12 else 0.25) for rate in rates]))
    assert log_average_miss_rate(ranked) == pytest.approx(expected)


def test_nothing_to_find_has_no_score_and_nothing_found_is_zero() -> None:
    empty = evaluate_detections([image(NONE, [], NONE)])
    assert math.isnan(empty.ap50)
    assert math.isnan(empty.miss_rate)
    blind = evaluate_detections([image(NONE, [], boxes(A))])
    assert (blind.ap50, blind.recall_at["1"], blind.miss_rate) == (0.0, 0.0, 1.0)
    assert evaluate_detections([]).images == 0


def brute_force_area(correct: list[bool], people: int) -> float:
    """For each person found or not: the best precision at any depth that reaches as many."""
    total = 0.0
    for wanted in range(1, people + 1):
        depths = [d for d in range(1, len(correct) + 1) if sum(correct[:d]) >= wanted]
        total += max((sum(correct[:d]) / d for d in depths), default=0.0)
    return total / people


@given(st.lists(st.booleans(), max_size=30), st.integers(0, 5))
def test_area_equals_the_brute_force_one(correct: list[bool], missed: int) -> None:
    people = sum(correct) + missed
    if people:
        assert average_precision(ranking(correct, people)) == pytest.approx(brute_force_area(correct, people))


coordinates = st.integers(0, 40)
box = st.tuples(coordinates, coordinates, st.integers(1, 20), st.integers(1, 20)).map(
    lambda b: [b[0], b[1], b[0] + b[2], b[1] + b[3]]
)


@given(st.lists(box, max_size=8), st.lists(box, max_size=5), st.lists(box, max_size=3))
def test_every_person_is_found_at_most_once(
    found: list[list[int]], truth: list[list[int]], ignored: list[list[int]]
) -> None:
    correct, counts = match_image(boxes(*found), boxes(*truth), boxes(*ignored), 0.5)
    assert correct.sum() <= min(len(found), len(truth))
    assert (counts | ~correct).all()
    stricter, _ = match_image(boxes(*found), boxes(*truth), boxes(*ignored), 0.8)
    assert stricter.sum() <= len(truth)
