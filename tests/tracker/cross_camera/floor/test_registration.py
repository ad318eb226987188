"""Floors that are drawn together: known shifts are found, and nothing moves without evidence."""

from __future__ import annotations

import numpy as np
import pytest

from tracker.cross_camera.floor.ground_paths import GroundPath, PathTable
from tracker.cross_camera.floor.registration import estimate_corrections, registered_paths

TIMES = np.arange(0.0, 30.0, 0.1)
SHIFTS = {"a": np.array([0.4, 0.1]), "b": np.array([-0.3, 0.2]), "c": np.array([-0.1, -0.3])}
"""They sum to nothing, as the mean of the cameras stays where it is."""

TURNS = {"a": np.array([[0.04, 0.02], [0, 0.03]]), "b": np.array([[-0.04, 0.0], [0.03, 0]]), "c": np.zeros((2, 2))}


def walks(count: int) -> list[np.ndarray]:
    """People who walk about on ten by six metres."""
    return [
        np.column_stack([5 * np.sin(0.3 * TIMES + 2.1 * k), 3 * np.cos(0.23 * TIMES + 1.3 * k)]) for k in range(count)
    ]


def views(count: int, noise: float = 0.05) -> tuple[list[GroundPath | None], list[str], list[int]]:
    """Each walk seen by three cameras whose floors are shifted and turned."""
    rng = np.random.default_rng(0)
    seen = [(c, k, walk) for c in SHIFTS for k, walk in enumerate(walks(count))]
    paths: list[GroundPath | None] = [
        GroundPath(TIMES, walk + SHIFTS[c] + walk @ TURNS[c] + rng.normal(size=walk.shape) * noise)
        for c, _, walk in seen
    ]
    return paths, [c for c, _, _ in seen], [k for _, k, _ in seen]


def largest_gap(paths: list[GroundPath | None], people: list[int]) -> float:
    """Largest median distance between two views of one person."""
    gaps = [
        np.median(np.linalg.norm(p.places - q.places, axis=1))
        for p, a in zip(paths, people, strict=True)
        for q, b in zip(paths, people, strict=True)
        if a == b and p is not None and q is not None
    ]
    return float(max(gaps))


@pytest.mark.parametrize("known", [False, True])
def test_shifted_floors_are_drawn_together(known: bool) -> None:
    paths, cameras, people = views(4)
    moved = registered_paths(paths, cameras, people if known else None)
    assert largest_gap(paths, people) > 0.6
    assert largest_gap(moved, people) < 0.15
    before = np.mean([p.places for p in paths if p is not None], axis=0)
    after = np.mean([p.places for p in moved if p is not None], axis=0)
    assert after == pytest.approx(before, abs=0.1)  # the mean of the cameras stays


def test_without_shared_people_nothing_moves() -> None:
    paths, cameras, _ = views(1)
    late = [p if p is None else GroundPath(p.times_s + 100 * k, p.places) for k, p in enumerate(paths)]
    assert estimate_corrections(late, np.arange(3)) is None
    assert registered_paths([*late, None], [*cameras, "a"]) == [*late, None]
    assert registered_paths([], []) == []


def test_good_floors_stay_though_other_people_pass_by() -> None:
    rng = np.random.default_rng(1)
    paths: list[GroundPath | None] = [GroundPath(TIMES, walk + rng.normal(size=walk.shape) * 0.05) for walk in walks(6)]
    moved = registered_paths(paths, list("ababab"))  # nobody is seen twice: neighbours are always two people
    for old, new in zip(paths, moved, strict=True):
        assert old is not None
        assert new is not None
        assert np.abs(old.places - new.places).max() < 0.5


def test_places_between_known_feet_and_not_where_they_are_hidden() -> None:
    path = GroundPath(np.array([0.0, 1.0, 5.0]), np.array([[0.0, 0], [2, 4], [4, 4]]))
    alone = GroundPath(np.array([2.0]), np.array([[1.0, 1]]))
    table = PathTable([None, path, alone])
    assert table.index.tolist() == [1, 2]
    places = table.at(np.array([0, 0, 0, 1, 1, 0]), np.array([0.5, 0.0, 3.0, 2.0, 7.0, -1.0]))
    assert places == pytest.approx(np.array([[1.0, 2], [0, 0], [np.nan] * 2, [1, 1], [1, 1], [0, 0]]), nan_ok=True)
