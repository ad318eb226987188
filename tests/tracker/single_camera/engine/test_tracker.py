"""The engine: what it must always hold to, and what it must do with bad input."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.single_camera.engine.tracker import ArrayTracker, build_tracker
from tracker.single_camera.options import TrackerOptions
from tracker.structures import Detections, Frame, FrameTracks

PRESETS = sorted((Path(__file__).resolve().parents[3] / "tracker" / "presets").glob("*.yaml"))
IMAGE = np.zeros((200, 200, 3), np.uint8)


def options_of(path: Path) -> TrackerOptions:
    return TrackerOptions.model_validate((yaml.safe_load(path.read_text()) or {}).get("tracker", {}))


def run(tracker: ArrayTracker, scene: list[Detections], fps: float = 25.0) -> list[FrameTracks]:
    return [tracker.update(Frame("cam", t, t / fps, IMAGE), found) for t, found in enumerate(scene)]


def random_scene(seed: int, frames: int, most: int) -> list[Detections]:
    """Boxes that come and go without sense: nothing a tracker may rely on."""
    rng = np.random.default_rng(seed)
    scene = []
    for _ in range(frames):
        count = int(rng.integers(0, most + 1))
        corners = rng.uniform(0, 150, (count, 2))
        boxes = np.concatenate([corners, corners + rng.uniform(5, 60, (count, 2))], axis=1).astype(np.float32)
        embeddings = rng.normal(size=(count, 8)).astype(np.float32)
        embeddings /= np.linalg.norm(embeddings, axis=1, keepdims=True)
        embeddings[rng.random(count) < 0.3] = 0
        scene.append(Detections(boxes, rng.uniform(0, 1, count).astype(np.float32), embeddings))
    return scene


@pytest.mark.parametrize("preset", PRESETS, ids=lambda path: path.stem)
@pytest.mark.parametrize("with_looks", [True, False])
def test_each_walker_keeps_one_id(preset: Path, with_looks: bool, scenes: Any) -> None:
    outputs = run(build_tracker(options_of(preset), "cam"), scenes.walkers(6, 40, with_looks=with_looks))
    seen: dict[int, set[int]] = {}
    for index, tracks in enumerate(outputs):
        if index < 5:
            continue
        rows = (tracks.boxes[:, 1] / 60).round().astype(int)
        assert sorted(rows) == list(range(6))
        for row, track_id in zip(rows, tracks.track_ids, strict=True):
            seen.setdefault(int(row), set()).add(int(track_id))
    assert all(len(ids) == 1 for ids in seen.values())
    assert sorted(next(iter(ids)) for ids in seen.values()) == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("preset", PRESETS, ids=lambda path: path.stem)
def test_an_id_is_used_once_in_a_frame(preset: Path) -> None:
    tracker = build_tracker(options_of(preset), "cam")
    for tracks in run(tracker, random_scene(3, 80, 12)):
        assert len(np.unique(tracks.track_ids)) == len(tracks)
        assert np.isfinite(tracks.boxes).all()


def late_scene(missed: int | None = None) -> list[Detections]:
    """One person from frame 0 on, another from frame 3 to 8, who is not detected in frame `missed`."""
    scene = []
    for t in range(9):
        rows = [[10 + t, 10, 40 + t, 90, 0.9]]
        if t >= 3 and t != missed:
            rows.insert(0, [120 - 2 * t, 60, 150 - 2 * t, 140, 0.8 + t / 100])
        values = np.array(rows, np.float32)
        scene.append(Detections(values[:, :4], values[:, 4]))
    return scene


def test_a_track_tells_where_it_began_when_it_is_confirmed() -> None:
    scene = late_scene()
    outputs = run(build_tracker(TrackerOptions(min_hits=3), "cam"), scene)
    assert [t for t, tracks in enumerate(outputs) if tracks.beginnings is not None] == [5]
    begun = outputs[5].beginnings
    assert begun is not None
    assert len(outputs[4]) == 1
    assert begun.track_ids.tolist() == [2, 2]
    assert begun.frame_indices.tolist() == [3, 4]
    np.testing.assert_allclose(begun.times_s, [3 / 25, 4 / 25])
    np.testing.assert_array_equal(begun.boxes, [scene[3].boxes[0], scene[4].boxes[0]])
    np.testing.assert_allclose(begun.scores, [0.83, 0.84])


def test_a_frame_without_the_person_is_no_part_of_the_beginning() -> None:
    scene = late_scene(missed=4)
    outputs = run(build_tracker(TrackerOptions(min_hits=3, max_tentative_s=0.1), "cam"), scene)
    (begun,) = [tracks.beginnings for tracks in outputs if tracks.beginnings is not None]
    assert begun.frame_indices.tolist() == [3, 5]
    np.testing.assert_array_equal(begun.boxes, [scene[3].boxes[0], scene[5].boxes[0]])


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 9999))
def test_beginnings_are_detections_that_no_track_has(seed: int) -> None:
    scene = random_scene(seed, 25, 6)
    seen: set[tuple[int, bytes]] = set()
    for tracks in run(build_tracker(TrackerOptions(min_hits=2, max_tentative_s=0.2, output="detected"), "cam"), scene):
        begun = tracks.beginnings
        if begun is None:
            continue
        assert set(begun.track_ids.tolist()) <= set(tracks.track_ids.tolist())
        for frame, box in zip(begun.frame_indices.tolist(), begun.boxes, strict=True):
            assert (box == scene[frame].boxes).all(axis=1).any()
            assert (frame, box.tobytes()) not in seen
            seen.add((frame, box.tobytes()))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 9999))
def test_ids_are_not_reused(seed: int) -> None:
    """Without a memory, an id that was absent for longer than a track may be lost never comes back."""
    options = TrackerOptions(max_lost_s=0.2, min_hits=1, memory_s=0)
    last_seen: dict[int, int] = {}
    for t, tracks in enumerate(run(build_tracker(options), random_scene(seed, 60, 6), fps=10)):
        for track_id in tracks.track_ids.tolist():
            assert t - last_seen.get(track_id, t) <= 3
            last_seen[track_id] = t


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 9999))
def test_order_of_detections_does_not_matter(seed: int) -> None:
    scene = random_scene(seed, 30, 8)
    rng = np.random.default_rng(seed + 1)
    shuffled = [found[rng.permutation(len(found))] for found in scene]
    options = TrackerOptions(min_hits=2)
    for a, b in zip(run(build_tracker(options), scene), run(build_tracker(options), shuffled), strict=True):
        np.testing.assert_array_equal(a.track_ids, b.track_ids)
        np.testing.assert_allclose(a.boxes, b.boxes, rtol=1e-4, atol=1e-3)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 9999))
def test_two_steps_with_every_crop_embedded_equal_one(seed: int) -> None:
    scene = random_scene(seed, 30, 8)
    once, apart = build_tracker(TrackerOptions()), build_tracker(TrackerOptions())
    for t, found in enumerate(scene):
        frame = Frame("cam", t, t / 25, IMAGE)
        assert found.embeddings is not None
        prepared = apart.prepare(frame, Detections(found.boxes, found.scores))
        assert len(prepared.wanted_boxes) == np.count_nonzero(prepared.wanted)
        everything = replace(prepared, wanted=np.ones(len(prepared.rows), bool))
        a, b = once.update(frame, found), apart.associate(everything, found.embeddings[prepared.rows])
        np.testing.assert_array_equal(a.track_ids, b.track_ids)
        np.testing.assert_array_equal(a.boxes, b.boxes)
    assert once.repairs == apart.repairs


def test_where_nobody_can_embed_nothing_is_wanted(scenes: Any) -> None:
    scene = scenes.walkers(3, 1)[0]
    bare = Detections(scene.boxes, scene.scores)
    assert build_tracker(TrackerOptions()).prepare(scenes.frame(0), bare).wanted.all()
    assert not build_tracker(TrackerOptions()).prepare(scenes.frame(0), bare, can_embed=False).wanted.any()
    assert not build_tracker(TrackerOptions()).prepare(scenes.frame(0), scene).wanted.any()


def test_two_cameras_in_one_process_do_not_meddle(scenes: Any) -> None:
    scene = scenes.walkers(4, 20)
    alone = run(build_tracker(TrackerOptions(), "a"), scene)
    a, b = build_tracker(TrackerOptions(), "a"), build_tracker(TrackerOptions(), "b")
    for t, found in enumerate(scene):
        first = a.update(scenes.frame(t, "a"), found)
        b.update(scenes.frame(t, "b"), scene[-1 - t])
        np.testing.assert_array_equal(first.track_ids, alone[t].track_ids)


def test_empty_frames_and_a_long_gap(scenes: Any) -> None:
    tracker = build_tracker(TrackerOptions(max_lost_s=1.0, min_hits=2))
    scene = scenes.walkers(3, 10)
    run(tracker, scene)
    for t in range(10, 100):
        assert len(tracker.update(scenes.frame(t), Detections.empty())) == 0
    later = [tracker.update(scenes.frame(t), scene[-1]) for t in range(100, 103)][-1]
    assert later.track_ids.tolist() == [4, 5, 6]


def test_remembered_person_gets_the_old_id_back_anywhere(scenes: Any) -> None:
    tracker = build_tracker(TrackerOptions(max_lost_s=0.5, min_hits=2, memory_s=30.0))
    scene = scenes.walkers(3, 10)
    run(tracker, scene)
    moved = [Detections(found.boxes[::-1] + 7, found.scores, found.embeddings) for found in scene]
    outputs = [tracker.update(scenes.frame(t), moved[t - 100]) for t in range(100, 105)]
    by_row = outputs[-1].track_ids[np.argsort(outputs[-1].boxes[:, 1])]
    assert by_row.tolist() == [3, 2, 1]


def test_missed_frames_are_bridged_by_motion(scenes: Any) -> None:
    scene = scenes.walkers(3, 40, with_looks=False)
    for t in range(20, 26):
        scene[t] = Detections.empty()
    outputs = run(build_tracker(TrackerOptions()), scene)
    assert outputs[-1].track_ids.tolist() == outputs[10].track_ids.tolist() == [1, 2, 3]


def test_appearance_decides_when_two_people_swap_places() -> None:
    """Two boxes side by side jump onto each other's place in one frame: motion says stay, the looks say swap."""
    looks = np.eye(4, dtype=np.float32)[:2]
    boxes = np.array([[50, 50, 80, 120], [60, 50, 90, 120]], np.float32)
    tracker = build_tracker(TrackerOptions(min_hits=2))
    found = Detections(boxes, np.full(2, 0.9, np.float32), looks)
    before = [tracker.update(Frame("cam", t, t / 25, IMAGE), found) for t in range(10)][-1]
    after = tracker.update(Frame("cam", 10, 0.4, IMAGE), Detections(boxes[::-1].copy(), found.scores, looks))
    left_before = before.track_ids[before.boxes[:, 0].argmin()]
    left_after = after.track_ids[after.boxes[:, 0].argmin()]
    assert left_before != left_after


def test_bad_rows_are_left_out_and_counted() -> None:
    tracker = build_tracker(TrackerOptions(min_hits=1))
    boxes = np.array(
        [[10, 10, 50, 90], [np.nan, 0, 5, 5], [60, 60, 50, 90], [0, 0, 0, 9], [10, 10, 50, 90], [100, 10, 140, 90]],
        np.float32,
    )
    scores = np.array([0.8, 0.9, 0.9, 0.9, 0.9, 1.7], np.float32)
    tracks = tracker.update(Frame("cam", 0, 0.0, IMAGE), Detections(boxes, scores))
    assert len(tracks) == 2
    np.testing.assert_allclose(np.sort(tracks.scores), [0.9, 1.0])
    assert tracker.repairs == {"not_finite": 1, "empty_box": 2, "duplicate": 1, "score_range": 1}


def test_thousands_of_duplicates_are_one_person() -> None:
    tracker = build_tracker(TrackerOptions(min_hits=1))
    boxes = np.tile(np.array([[10, 10, 50, 90]], np.float32), (5000, 1))
    for t in range(3):
        tracks = tracker.update(Frame("cam", t, t / 25, IMAGE), Detections(boxes, np.full(5000, 0.9, np.float32)))
        assert tracks.track_ids.tolist() == [1]


def test_boxes_outside_the_frame_are_tracked() -> None:
    tracker = build_tracker(TrackerOptions(min_hits=1))
    found = Detections(np.array([[-500, -500, -450, -400]], np.float32), np.array([0.9], np.float32))
    assert len(tracker.update(Frame("cam", 0, 0.0, IMAGE), found)) == 1


def test_time_running_backwards_is_an_error() -> None:
    tracker = build_tracker(TrackerOptions())
    tracker.update(Frame("door", 0, 1.0, IMAGE), Detections.empty())
    with pytest.raises(ValueError, match=r"camera 'door' frame 1: time runs backwards, from 1.000 s to 0.500 s"):
        tracker.update(Frame("door", 1, 0.5, IMAGE), Detections.empty())


def test_embeddings_of_another_dimension_are_an_error() -> None:
    tracker = build_tracker(TrackerOptions())
    one = np.array([[10, 10, 50, 90]], np.float32)
    score = np.array([0.9], np.float32)
    tracker.update(Frame("door", 0, 0.0, IMAGE), Detections(one, score, np.ones((1, 4), np.float32) / 2))
    with pytest.raises(ValueError, match=r"camera 'door' frame 1: embeddings must have 4 numbers per row, got 5"):
        tracker.update(Frame("door", 1, 0.1, IMAGE), Detections(one, score, np.ones((1, 5), np.float32)))
    with pytest.raises(ValueError, match=r"at least 1 numbers per row, got 0"):
        build_tracker(TrackerOptions()).update(
            Frame("door", 0, 0.0, IMAGE), Detections(one, score, np.zeros((1, 0), np.float32))
        )


def test_broken_embeddings_are_mended_and_counted() -> None:
    tracker = build_tracker(TrackerOptions(min_hits=1))
    boxes = np.array([[10, 10, 50, 90], [100, 10, 140, 90]], np.float32)
    embeddings = np.array([[np.nan, 0, 0], [3, 0, 4]], np.float32)
    tracks = tracker.update(Frame("cam", 0, 0.0, IMAGE), Detections(boxes, np.full(2, 0.9, np.float32), embeddings))
    assert tracks.embeddings is not None
    rows = tracks.embeddings[np.argsort(tracks.boxes[:, 0])]
    np.testing.assert_allclose(rows, [[0, 0, 0], [0.6, 0, 0.8]], rtol=1e-6)
    assert tracker.repairs == {"embedding_not_finite": 1, "embedding_length": 1}


def test_table_stays_small_while_crowds_come_and_go(scenes: Any) -> None:
    tracker = build_tracker(TrackerOptions(max_lost_s=0.5, memory_s=2.0))
    sizes = []
    for t in range(600):
        crowd = scenes.walkers(20, 1, seed=t // 20)[0]
        moved = Detections(crowd.boxes + 13.0 * (t // 20), crowd.scores, crowd.embeddings)
        tracker.update(scenes.frame(t), moved)
        sizes.append(len(tracker._table) + len(tracker._lost))
    assert sizes[-1] <= max(sizes[:200]) * 1.1


def test_equal_times_are_allowed(scenes: Any) -> None:
    """Some containers repeat a time stamp; the tracker must not divide by it."""
    tracker = build_tracker(TrackerOptions(min_hits=1))
    scene = scenes.walkers(2, 3)
    for t in range(3):
        tracks = tracker.update(Frame("cam", t, 1.0, IMAGE), scene[t])
    assert len(tracks) == 2
