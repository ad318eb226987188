"""Gaps in plain view: worked by hand, and where they are none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.single_camera.refinement import AbsenceOptions, RefinementOptions, refine
from tracker.single_camera.refinement.absence_cuts import AbsenceRule, PlainView
from tracker.structures import Tracklet

FPS = 10
OPTIONS = AbsenceOptions()


def person(track_id: int, frames: np.ndarray, x: np.ndarray | float, y: float = 100.0) -> Tracklet:
    """Somebody of 30 x 90 pixels whose left upper corner is at (x, y)."""
    boxes = np.zeros((len(frames), 4), np.float32)
    boxes[:, 0], boxes[:, 1] = x, y
    boxes[:, 2:] = boxes[:, :2] + [30, 90]
    return Tracklet("cam", track_id, frames, frames / FPS, boxes, np.full(len(frames), 0.9, np.float32))


def walk(track_id: int, start: int, missing: range = range(0)) -> Tracklet:
    """40 frames from left to right at 10 pixels a frame, not seen in the steps `missing`."""
    steps = np.array([i for i in range(40) if i not in missing])
    return person(track_id, start + steps, 10.0 * steps)


def test_the_chance_of_a_gap_worked_by_hand() -> None:
    """Seen for 9 s, missed for 1 s, 1 s of doubt: a rate of 9 / 11; four independent causes of misses in 1 s."""
    seen = np.r_[0:45, 55:100]
    before, after = person(1, np.arange(45), 50.0), person(1, np.arange(55, 100), 50.0)
    chance = PlainView([person(1, seen, 50.0)]).chance(before, after)
    assert chance == pytest.approx((1 - 9 / 11) ** 4, rel=0.02)  # 9.9 s in 99 periods


def test_a_long_gap_where_all_others_are_seen_is_a_cut() -> None:
    others = [walk(i, 60 * i) for i in range(1, 12)]
    gone = walk(20, 900, range(12, 30))
    rule = AbsenceRule([*others, gone], OPTIONS)
    before, after = rule.cut(gone)
    assert (len(before), len(after)) == (12, 10)
    assert after.frame_indices[0] == 930
    assert rule.cut(others[0]) == [others[0]]
    blink = walk(21, 1000, range(12, 20))
    assert len(AbsenceRule([*others, blink], OPTIONS).cut(blink)) == 1


@pytest.mark.parametrize(("angle", "parts"), [(0.4, 1), (0.5, 2)])
def test_who_looks_the_same_afterwards_has_not_left(angle: float, parts: int) -> None:
    """Cosine distances of 0.08 and 0.12 on either side of the limit of 0.1."""
    others = [walk(i, 60 * i) for i in range(1, 12)]
    looks = np.array([[1, 0], [np.cos(angle), np.sin(angle)]], np.float32)
    steps = walk(20, 900, range(12, 30))
    gone = replace(steps, samples=looks, qualities=np.ones(2, np.float32), sample_frames=np.array([900, 930]))
    assert len(AbsenceRule([*others, gone], OPTIONS).cut(gone)) == parts


def test_who_is_hidden_by_somebody_may_be_unseen() -> None:
    others = [walk(i, 60 * i) for i in range(1, 12)]
    gone = walk(20, 900, range(12, 30))
    in_front = replace(walk(30, 900), boxes=walk(30, 900).boxes + np.float32([8, 5, 8, 5]))
    assert len(AbsenceRule([*others, gone, in_front], OPTIONS).cut(gone)) == 1


def test_where_everybody_is_missed_nobody_is_cut() -> None:
    behind_a_pillar = [walk(i, 60 * i, range(12, 30)) for i in range(1, 12)]
    rule = AbsenceRule(behind_a_pillar, OPTIONS)
    assert all(len(rule.cut(t)) == 1 for t in behind_a_pillar)


def test_a_place_that_few_have_passed_proves_nothing() -> None:
    gone = walk(20, 900, range(12, 30))
    assert len(AbsenceRule([walk(1, 60), gone], OPTIONS).cut(gone)) == 1


def test_refinement_cuts_renumbers_and_does_not_stitch_again() -> None:
    others = [walk(i, 60 * i) for i in range(1, 12)]
    gone = walk(20, 900, range(12, 30))
    refined = refine([*others, gone], RefinementOptions(smooth=False))
    assert [(t.track_id, len(t)) for t in refined[-2:]] == [(20, 12), (21, 10)]
    whole = refine([*others, gone], RefinementOptions(smooth=False, absence=None))
    assert [(t.track_id, len(t)) for t in whole[-1:]] == [(20, 40)]


@given(st.lists(st.lists(st.integers(0, 60), min_size=3, unique=True), min_size=1, max_size=6), st.floats(0.001, 0.9))
def test_cuts_lose_no_box_and_keep_the_order_of_time(frames: list[list[int]], max_chance: float) -> None:
    tracklets = [person(i, np.sort(f), 5.0 * np.sort(f)) for i, f in enumerate(frames)]
    rule = AbsenceRule(tracklets, AbsenceOptions(max_chance=max_chance, min_gap_s=0))
    for tracklet in tracklets:
        parts = rule.cut(tracklet)
        np.testing.assert_array_equal(np.concatenate([p.frame_indices for p in parts]), tracklet.frame_indices)
