"""Hard constraints, against a double loop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from crosscam.base.boxes import box_iou
from tracker.cross_camera.evidence.cannot_link import (
    MAX_IOU,
    MAX_STEP_S,
    concurrent_groups,
    impossible_travel_pairs,
    joined_pairs,
    overlap_pairs,
)
from tracker.cross_camera.partition.associator import Associator
from tracker.structures import Tracklet


def stay(camera: str, track: int, start: float, length: float, look: np.ndarray | None = None) -> Tracklet:
    frames = np.arange(int(start * 10), int((start + length) * 10) + 1)
    boxes = np.tile(np.array([40 * track, 0, 40 * track + 10, 20], np.float32), (len(frames), 1))
    return Tracklet(camera, track, frames, frames / 10, boxes, np.ones(len(frames), np.float32), look)


stays = st.lists(
    st.tuples(st.sampled_from("ab"), st.integers(0, 60), st.integers(1, 30), st.integers(0, 3)), min_size=1, max_size=9
)


def build(rows: list[tuple[str, int, int, int]]) -> list[Tracklet]:
    looks = np.eye(4, 16, dtype=np.float32)
    return [stay(c, k + 1, start / 2, length / 2, looks[who]) for k, (c, start, length, who) in enumerate(rows)]


@given(stays)
@settings(max_examples=60, deadline=None)
def test_overlaps_equal_the_double_loop(rows: list[tuple[str, int, int, int]]) -> None:
    tracklets = build(rows)
    expected = [
        (i, j)
        for i, a in enumerate(tracklets)
        for j, b in enumerate(tracklets)
        if i < j and a.camera_id == b.camera_id and min(a.end_s, b.end_s) - max(a.start_s, b.start_s) > 0.2
    ]
    assert overlap_pairs(tracklets, 0.2).tolist() == [list(pair) for pair in expected]


@given(stays)
@settings(max_examples=40, deadline=None)
def test_no_identity_is_twice_in_one_camera_at_one_time(rows: list[tuple[str, int, int, int]]) -> None:
    tracklets = build(rows)
    forbidden = {tuple(pair) for pair in overlap_pairs(tracklets, 0.2).tolist()}
    position = {(t.camera_id, t.track_id): k for k, t in enumerate(tracklets)}
    identities = Associator().associate(tracklets)
    assert sorted(position[t.camera_id, t.track_id] for i in identities for t in i.tracklets) == list(range(len(rows)))
    for identity in identities:
        members = sorted(position[t.camera_id, t.track_id] for t in identity.tracklets)
        assert not forbidden & {(a, b) for a in members for b in members}


def test_groups_are_in_view_together(walk: Callable[..., Tracklet]) -> None:
    tracklets = [walk("a", 1, 0, 5), walk("a", 2, 3, 8), walk("a", 3, 6, 9), walk("b", 1, 0, 9)]
    assert concurrent_groups(tracklets, overlap_pairs(tracklets, 0.2)) == [[0, 1], [1, 2]]
    doubled = [*tracklets, walk("a", 4, 6, 9, x=tracklets[2].boxes[0, 0])]
    assert concurrent_groups(doubled, overlap_pairs(doubled, 0.2)) == [[0, 1], [1, 2], [1, 4]]


def test_a_gap_that_was_filled_in_and_a_doubled_box_are_no_proof(walk: Callable[..., Tracklet]) -> None:
    first, beside = walk("a", 1, 0, 10), walk("a", 2, 4, 8)
    assert overlap_pairs([first, beside], 0.2).tolist() == [[0, 1]]
    hidden = (first.times_s > 3.9) & (first.times_s < 8.1)
    filled = replace(first, scores=np.where(hidden, 0, first.scores).astype(np.float32))
    assert overlap_pairs([filled, beside], 0.2).shape == (0, 2)
    now_and_then = walk("a", 2, 4.05, 8)  # boxes between those of the first one
    assert overlap_pairs([first, now_and_then], 0.2).tolist() == [[0, 1]]
    assert overlap_pairs([filled, now_and_then], 0.2).shape == (0, 2)
    doubled = replace(beside, boxes=first.boxes[: len(beside)] + 2)
    assert overlap_pairs([first, doubled], 0.2).shape == (0, 2)


def apart_by_interpolation(one: Tracklet, other: Tracklet) -> float:
    """Seconds for which two tracklets were detected apart, one time after the other."""
    marks = other.times_s[other.scores > 0]
    boxes = other.boxes[other.scores > 0].astype(np.float64)
    seen = []
    for time, box in zip(one.times_s[one.scores > 0], one.boxes[one.scores > 0], strict=True):
        earlier, later = marks[marks <= time], marks[marks >= time]
        if len(earlier) and len(later) and later[0] - earlier[-1] <= MAX_STEP_S:
            there = np.array([np.interp(time, marks, side) for side in boxes.T])
            if box_iou(box[None].astype(np.float64), there[None])[0, 0] < MAX_IOU:
                seen.append(time)
    return float(np.median(np.diff(seen)) * (len(seen) - 1)) if len(seen) > 1 else 0.0


@given(st.integers(0, 10_000))
@settings(max_examples=60, deadline=None)
def test_irregular_tracks_equal_the_interpolation_time_by_time(seed: int) -> None:
    rng = np.random.default_rng(seed)
    tracklets = []
    for track in range(4):
        frames = np.flatnonzero(rng.random(80) < rng.choice([0.15, 0.5, 1.0])) + rng.integers(0, 60)
        frames = frames if len(frames) else np.array([3])
        times = frames / 10 + rng.choice([0.0, 0.03])
        corner = np.array([rng.uniform(0, 40), 0]) + np.outer(times, [rng.uniform(-8, 8), 0])
        boxes = np.column_stack([corner, corner + np.array([20, 60])]).astype(np.float32)
        scores = (rng.random(len(frames)) < 0.8).astype(np.float32)
        tracklets.append(Tracklet("a", track + 1, frames, times, boxes, scores))
    order = sorted(range(4), key=lambda k: tracklets[k].start_s)
    expected = {
        (min(i, j), max(i, j))
        for k, i in enumerate(order)
        for j in order[k + 1 :]
        if tracklets[i].end_s - tracklets[j].start_s > 0.2 and apart_by_interpolation(tracklets[i], tracklets[j]) > 0.2
    }
    assert {tuple(pair) for pair in overlap_pairs(tracklets, 0.2).tolist()} == expected


def test_travel_times_forbid_what_is_too_fast_and_both_views_at_once(walk: Callable[..., Tracklet]) -> None:
    tracklets = [walk("a", 1, 0, 5), walk("b", 1, 4, 6), walk("b", 2, 7, 8), walk("b", 3, 9, 10), walk("c", 1, 5, 6)]
    limits = {("a", "b"): 3.0, ("b", "a"): 3.0}
    assert impossible_travel_pairs(tracklets, limits).tolist() == [[0, 1], [0, 2]]
    assert impossible_travel_pairs(tracklets, {}).shape == (0, 2)


def test_joined_pairs_are_sorted_and_single() -> None:
    one, two = np.array([[2, 3], [0, 1]]), np.array([[0, 1]])
    assert joined_pairs(one, two).tolist() == [[0, 1], [2, 3]]
    assert joined_pairs().shape == (0, 2)
