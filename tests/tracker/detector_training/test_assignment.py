"""Which cells learn which person: worked by hand, and against a slow version."""

from __future__ import annotations

import pytest
import torch

from tracker.detection.network import cells
from tracker.detector_training.assignment import ALPHA, BETA, TOP_CELLS, assign, pairwise_iou

NOBODY = torch.zeros(0, 4)


def test_nobody_means_no_targets() -> None:
    centres, _ = cells(64, 64)
    found = assign(torch.rand(len(centres)), torch.rand(len(centres), 4), centres, NOBODY, NOBODY)
    assert found.scores.max() == 0
    assert found.persons.unique().tolist() == [-1]
    assert not found.is_ignored.any()


def test_perfect_boxes_of_equal_score_all_reach_for_one() -> None:
    centres, _ = cells(64, 64)
    person = torch.tensor([[10.0, 10.0, 30.0, 50.0]])
    found = assign(torch.full((len(centres),), 0.5), person.expand(len(centres), 4), centres, person, NOBODY)
    assert int((found.persons == 0).sum()) == TOP_CELLS
    torch.testing.assert_close(found.scores[found.persons == 0], torch.ones(TOP_CELLS))
    inside = centres[found.persons == 0]
    assert ((inside > person[:, :2]) & (inside < person[:, 2:])).all()


def test_targets_by_hand() -> None:
    """Two candidates, overlaps 1 and 0.5, equal scores: targets are 1 and (0.5 / 1)^beta."""
    centres = torch.tensor([[8.0, 8.0], [12.0, 12.0], [90.0, 90.0]])
    person = torch.tensor([[0.0, 0.0, 20.0, 20.0]])
    boxes = torch.tensor([[0.0, 0.0, 20.0, 20.0], [0.0, 0.0, 20.0, 10.0], [0.0, 0.0, 20.0, 20.0]])
    found = assign(torch.full((3,), 0.25), boxes, centres, person, NOBODY)
    torch.testing.assert_close(found.scores, torch.tensor([1.0, 0.5**BETA, 0.0]))
    assert found.persons.tolist() == [0, 0, -1]


def test_a_contested_cell_goes_to_the_larger_overlap() -> None:
    centres = torch.tensor([[10.0, 10.0]])
    people = torch.tensor([[0.0, 0.0, 20.0, 20.0], [2.0, 2.0, 22.0, 22.0]])
    found = assign(torch.tensor([0.5]), people[1:], centres, people, NOBODY)
    assert found.persons.tolist() == [1]


def test_thin_people_have_cells_too() -> None:
    centres, _ = cells(64, 64)
    person = torch.tensor([[29.0, 20.0, 31.0, 30.0]])  # between two columns of centres at 28 and 36
    found = assign(torch.full((len(centres),), 0.5), person.expand(len(centres), 4), centres, person, NOBODY)
    assert (found.persons == 0).any()


def test_ignored_regions_do_not_hide_people() -> None:
    centres, _ = cells(64, 64)
    person = torch.tensor([[8.0, 8.0, 30.0, 60.0]])
    region = torch.tensor([[0.0, 0.0, 64.0, 64.0]])
    found = assign(torch.full((len(centres),), 0.5), person.expand(len(centres), 4), centres, person, region)
    taken = found.persons == 0
    assert not found.is_ignored[taken].any()
    assert found.is_ignored[~taken].all()


@pytest.mark.parametrize("seed", range(5))
def test_as_a_slow_version_person_by_person(seed: int) -> None:
    torch.manual_seed(seed)
    centres, _ = cells(64, 96)
    people = torch.rand(4, 4) * torch.tensor([60.0, 40.0, 0.0, 0.0])
    people[:, 2:] = people[:, :2] + 20 + torch.rand(4, 2) * 20
    boxes = torch.cat(
        [centres - 4 - 14 * torch.rand(len(centres), 2), centres + 4 + 14 * torch.rand(len(centres), 2)], 1
    )
    scores = torch.rand(len(centres))
    found = assign(scores, boxes, centres, people, NOBODY)
    wanted: dict[int, list[tuple[float, int]]] = {}
    for number, person in enumerate(people):
        inside = [
            i for i, (x, y) in enumerate(centres.tolist()) if person[0] < x < person[2] and person[1] < y < person[3]
        ]
        ranked = sorted(inside, key=lambda i: -float(scores[i] ** ALPHA * _iou(person, boxes[i]) ** BETA))
        for i in ranked[:TOP_CELLS]:
            if scores[i] ** ALPHA * _iou(person, boxes[i]) ** BETA > 0:
                wanted.setdefault(i, []).append((_iou(person, boxes[i]), number))
    owners = {i: max(claims)[1] for i, claims in wanted.items()}
    assert {i: int(p) for i, p in enumerate(found.persons) if p >= 0} == owners
    for number, person in enumerate(people):
        mine = [i for i, owner in owners.items() if owner == number]
        if mine:
            best = max(_iou(person, boxes[i]) for i in mine)
            assert float(found.scores[mine].max()) == pytest.approx(best, rel=1e-4)


def test_overlap_of_pairs() -> None:
    a = torch.tensor([[0.0, 0.0, 2.0, 2.0]])
    b = torch.tensor([[1.0, 1.0, 3.0, 3.0], [5.0, 5.0, 6.0, 6.0]])
    torch.testing.assert_close(pairwise_iou(a, b), torch.tensor([[1 / 7, 0.0]]))


def _iou(a: torch.Tensor, b: torch.Tensor) -> float:
    return float(pairwise_iou(a[None], b[None]))
