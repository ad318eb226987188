"""All pairs at once against one pair after the other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.cross_camera.evidence.meetings import MAX_GAP_S, MAX_MOMENTS, MIN_COMMON_S, STEP_S, find_meetings
from tracker.cross_camera.evidence.place import PlaceEvidence
from tracker.cross_camera.floor.ground_paths import GroundPath, following_pairs


def random_paths(seed: int) -> tuple[list[GroundPath | None], list[str]]:
    """Up to a dozen walks within a minute, some of them with hidden feet, some unknown, in three cameras."""
    rng = np.random.default_rng(seed)
    paths: list[GroundPath | None] = []
    for _ in range(int(rng.integers(0, 12))):
        steps = rng.uniform(0.03, 0.12, rng.integers(1, 80))
        steps[rng.random(len(steps)) < 0.02] = 2.03
        times = rng.uniform(0, 40) + np.cumsum(steps)
        places = rng.uniform(-5, 5, 2) + np.cumsum(rng.normal(0, 0.1, (len(times), 2)), axis=0)
        paths.append(None if rng.random() < 0.1 else GroundPath(times, places))
    return paths, rng.choice(list("abc"), len(paths)).tolist()


def distances(one: GroundPath, other: GroundPath) -> list[float]:
    """At moments of the common time where both have been seen less than 1.5 s apart, in rising order."""
    start, end = max(one.times_s[0], other.times_s[0]), min(one.times_s[-1], other.times_s[-1])
    found = []
    for moment in start + np.arange(0, end - start + 1e-9, max(STEP_S, (end - start) / MAX_MOMENTS)):
        places = []
        for path in (one, other):
            after = int(np.clip(np.searchsorted(path.times_s, moment), 1, len(path.times_s) - 1))
            if path.times_s[after] - path.times_s[after - 1] <= 1.5:
                places.append([np.interp(moment, path.times_s, path.places[:, axis]) for axis in (0, 1)])
        if len(places) == 2:
            found.append(float(np.hypot(*np.subtract(*places))))
    return sorted(found)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32 - 1))
def test_every_pair_near_in_time_is_found_and_measured(seed: int) -> None:
    paths, cameras = random_paths(seed)
    meetings = find_meetings(paths, cameras)
    rows = {tuple(pair): row for row, pair in enumerate(meetings.pairs.tolist())}
    assert list(rows) == sorted(rows)
    for b, late in enumerate(paths):
        for a, early in enumerate(paths[:b]):
            if early is None or late is None:
                assert (a, b) not in rows
                continue
            common = min(early.times_s[-1], late.times_s[-1]) - max(early.times_s[0], late.times_s[0])
            together = common >= MIN_COMMON_S
            expected = distances(early, late) if together else []
            near = common >= -MAX_GAP_S and not (together and (cameras[a] == cameras[b] or not expected))
            assert ((a, b) in rows) == near
            if near and together:
                row = rows[a, b]
                apart = meetings.apart[row]
                assert apart[np.isfinite(apart)] == pytest.approx(expected)
                assert meetings.common_s[row] == pytest.approx(common)
                assert meetings.quantile(0.1)[row] == pytest.approx(np.quantile(expected, 0.1))
            elif near:
                assert meetings.common_s[rows[a, b]] == 0
                assert meetings.gap_s[rows[a, b]] == pytest.approx(max(-common, 0))


def test_a_walk_is_followed_into_the_gap() -> None:
    times = np.arange(0, 2.01, 0.1)
    line = np.column_stack([times, np.zeros(len(times))])
    meetings = find_meetings([GroundPath(times, line), GroundPath(times + 3, line + np.array([3, 0]))], ["a", "b"])
    assert meetings.apart[0, 0] == pytest.approx(0, abs=1e-9)
    assert (meetings.gap_s[0], meetings.straight_m[0]) == pytest.approx((1.0, 1.0))


@given(st.lists(st.integers(0, 8), max_size=8))
def test_following_pairs_are_those_of_two_loops(ends: list[int]) -> None:
    ends = [min(end, len(ends)) for end in ends]
    expected = [(i, j) for i, end in enumerate(ends) for j in range(i + 1, end)]
    first, second = following_pairs(np.array(ends, np.int64))
    assert list(zip(first.tolist(), second.tolist(), strict=True)) == expected


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_who_stayed_in_view_between_two_tracklets(seed: int) -> None:
    rng = np.random.default_rng(seed)
    count = int(rng.integers(2, 12))
    starts = rng.integers(0, 12, count) / 2
    spans = np.column_stack([starts, starts + rng.integers(0, 8, count) / 2])
    spans[rng.random(count) < 0.1] = np.nan
    labels = rng.integers(0, 3, count)
    pairs = np.array([(a, b) for a in range(count) for b in range(a + 1, count) if np.isfinite(spans[[a, b]]).all()])
    pairs = pairs.reshape(-1, 2).astype(np.int64)
    evidence = PlaceEvidence(pairs, np.ones(len(pairs)), pairs[:0], np.ones(len(pairs), bool), spans)
    odds = evidence.log_odds(np.ones(len(pairs), bool), labels)
    for (a, b), value in zip(pairs.tolist(), odds.tolist(), strict=True):
        if spans[a, 0] > spans[b, 0]:
            a, b = b, a
        end, start = spans[a, 1], spans[b, 0]
        stayed = any(s <= end and e > start for s, e in spans[labels == labels[a]])
        was_there = any(s < end and e >= start for s, e in spans[labels == labels[b]])
        assert (value == 0) == (stayed or was_there)
