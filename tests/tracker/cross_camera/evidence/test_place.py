"""Place as evidence, against scipy's Student t and hand-worked meetings."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import multivariate_t

from tracker.cross_camera.evidence.place import FREEDOM, _log_odds, place_evidence
from tracker.cross_camera.floor.ground_paths import GroundPath


def path(start: float, end: float, x: float, speed: float = 1.0) -> GroundPath:
    """Somebody who walks along a line at `x` metres beside it."""
    times = np.arange(start, end + 1e-9, 0.1)
    return GroundPath(times, np.column_stack([np.full(len(times), x), speed * times]))


def odds(paths: list[GroundPath | None], cameras: str, has_appearance: bool = False) -> dict[tuple[int, int], float]:
    found = place_evidence(paths, list(cameras), 4.0, 0.5)
    values = found.log_odds(np.full(len(found.pairs), has_appearance))
    return {(a, b): value for (a, b), value in zip(found.pairs.tolist(), values.tolist(), strict=True)}


def forbidden(paths: list[GroundPath | None], cameras: str) -> list[list[int]]:
    return place_evidence(paths, list(cameras), 4.0, 0.5).cannot_link.tolist()


def test_the_density_is_that_of_a_student_t() -> None:
    expected = multivariate_t(np.zeros(2), np.eye(2) * 0.3**2, FREEDOM).logpdf([0.5, 0.2]) + np.log(40.0)
    assert _log_odds(np.array([np.hypot(0.5, 0.2)]), 0.3, 40.0) == pytest.approx([expected])


def test_one_place_links_and_far_places_never_do() -> None:
    paths: list[GroundPath | None] = [path(0, 10, 0), path(0, 10, 0.3), path(0, 10, 5), None]
    found = odds(paths, "abbb")
    assert found[0, 1] > 3
    assert found[0, 2] < -3
    assert forbidden(paths, "abbb") == [[0, 2]]
    assert all(abs(value) < 8 for value in found.values())


def test_longer_together_is_surer() -> None:
    elsewhere = path(0, 9, 12)
    short = odds([path(0, 0.6, 0), path(0, 0.6, 0.3), elsewhere], "abc")
    long = odds([path(0, 9, 0), path(0, 9, 0.3), elsewhere], "abc")
    assert 0 < short[0, 1] < long[0, 1]


def test_a_track_that_changes_to_a_neighbour_is_no_proof() -> None:
    mixed = path(0, 10, 0)
    mixed.places[mixed.times_s > 8, 0] = 4.0
    assert odds([path(0, 10, 0), mixed], "ab")[0, 1] > 0
    assert forbidden([path(0, 10, 4), mixed], "ab") == []  # they were one person for a while
    assert odds([path(0, 10, 4), mixed], "ab")[0, 1] < 0


def test_a_gap_is_no_evidence_while_a_third_view_sees_the_person() -> None:
    paths: list[GroundPath | None] = [path(0, 4, 0), path(6, 9, 0), path(0, 9, 0.1)]
    evidence = place_evidence(paths, list("aab"), 4.0, 0.5)
    row = evidence.pairs.tolist().index([0, 1])
    assert evidence.followed[row]
    looks = np.zeros(len(evidence.pairs), bool)
    alone = evidence.log_odds(looks)
    assert alone[row] == evidence.log_odds(looks, np.array([0, 1, 2]))[row] != 0
    assert evidence.log_odds(looks, np.array([0, 1, 0]))[row] == 0
    assert evidence.log_odds(looks, np.array([0, 1, 1]))[row] == 0
    together = evidence.pairs.tolist().index([0, 2])
    assert evidence.log_odds(looks, np.array([0, 0, 0]))[together] == alone[together]


def test_the_prior_counts_once() -> None:
    paths: list[GroundPath | None] = [path(0, 4, 0), path(5, 9, 0), path(0, 9, 0.1)]
    without, with_looks = odds(paths, "abc"), odds(paths, "abc", has_appearance=True)
    assert all(with_looks[pair] > without[pair] for pair in without)


def test_a_walk_that_may_have_led_anywhere_says_nothing() -> None:
    small_floor: list[GroundPath | None] = [path(0, 4, 0), path(9.5, 12, 0, speed=0.5)]
    assert odds(small_floor, "ab", has_appearance=True)[0, 1] == pytest.approx(0, abs=0.2)


def test_too_fast_is_impossible_and_no_paths_say_nothing() -> None:
    far = GroundPath(np.array([5.0, 5.1]), np.array([[0.0, 40.0], [0.0, 40.1]]))
    assert forbidden([path(0, 4, 0), far], "ab") == [[0, 1]]
    nothing = place_evidence([None, None], ["a", "b"], 4.0, 0.5)
    assert nothing.pairs.shape == nothing.cannot_link.shape == (0, 2)
    assert nothing.log_odds(np.zeros(0, bool), np.array([0, 1])).shape == (0,)
