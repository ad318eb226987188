"""Each step of the refinement on tracklets with known truth, and the whole of it as properties."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.single_camera.refinement import RefinementOptions, SplitOptions, StitchOptions, refine
from tracker.single_camera.refinement.drop import drop_ghosts
from tracker.single_camera.refinement.interpolate import fill_gaps, gaussian_mean
from tracker.single_camera.refinement.smooth import smooth_tracklet
from tracker.single_camera.refinement.split import best_cut, split_tracklet
from tracker.single_camera.refinement.stitch import stitch_tracklets
from tracker.structures import Tracklet

FPS = 25.0
NOTHING = RefinementOptions(
    split=None, stitch=None, min_boxes=1, min_duration_s=0, still_score=None, fill="none", smooth=False
)


def look(axis: int, count: int = 1, noise: float = 0.0, seed: int = 0) -> np.ndarray:
    """Unit vectors near one axis of eight, (count, 8)."""
    vectors = np.tile(np.eye(8, dtype=np.float32)[axis], (count, 1))
    vectors += np.random.default_rng(seed).normal(0, noise, vectors.shape).astype(np.float32) if noise else 0
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def walk(
    frames: np.ndarray, start: float = 100.0, speed: float = 2.0, axis: int = 0, track_id: int = 1, score: float = 0.8
) -> Tracklet:
    """A person of 20 x 50 pixels who walks `speed` pixels per frame along a row."""
    frames = np.asarray(frames, np.int64)
    left = start + speed * frames
    boxes = np.stack([left, np.full(len(frames), 50.0), left + 20, np.full(len(frames), 100.0)], axis=1)
    picked = frames[:: max(len(frames) // 6, 1)]
    samples = look(axis, len(picked), 0.05, seed=track_id)
    return Tracklet(
        "cam", track_id, frames, frames / FPS, boxes.astype(np.float32), np.full(len(frames), score, np.float32),
        look(axis)[0], samples, np.ones(len(picked), np.float32), picked,
    )  # fmt: skip


def mixed() -> Tracklet:
    """Frames 0 to 49 look like person 0, frames 50 to 99 like person 1."""
    whole = walk(np.arange(100))
    frames = np.arange(0, 100, 10)
    samples = np.concatenate([look(0, 5, 0.05), look(1, 5, 0.05)])
    return replace(whole, samples=samples, qualities=np.ones(10, np.float32), sample_frames=frames)


def test_a_mixed_tracklet_is_cut_where_the_look_changes() -> None:
    before, after = split_tracklet(mixed(), SplitOptions())
    assert 41 <= after.frame_indices[0] <= 50
    assert before.frame_indices[-1] == after.frame_indices[0] - 1
    assert before.embedding is not None
    assert after.embedding is not None
    assert before.embedding[0] > 0.95
    assert after.embedding[1] > 0.95
    assert len(before.samples) == len(after.samples) == 5


def test_one_odd_crop_cuts_nothing() -> None:
    samples = look(0, 9, 0.05)
    samples[4] = look(3)[0]
    assert best_cut(samples, np.ones(9, np.float32), SplitOptions()) is None


def test_second_part_gets_a_new_id() -> None:
    other = walk(np.arange(100), start=400, axis=2, track_id=7)
    parts = refine([mixed(), other], NOTHING.model_copy(update={"split": SplitOptions()}))
    assert sorted(t.track_id for t in parts) == [1, 7, 8]


def test_fragments_of_one_person_are_joined() -> None:
    first, second = walk(np.arange(50)), walk(np.arange(75, 120), track_id=2)
    (joined,) = stitch_tracklets([second, first], StitchOptions())
    assert joined.track_id == 1
    assert joined.frame_indices.tolist() == [*range(50), *range(75, 120)]
    assert len(joined.samples) == len(first.samples) + len(second.samples)


@pytest.mark.parametrize(
    "second",
    [
        walk(np.arange(75, 120), axis=1, track_id=2),
        walk(np.arange(75, 120), start=900, track_id=2),
        walk(np.arange(40, 120), track_id=2),
        walk(np.arange(400, 450), track_id=2),
    ],
    ids=["other look", "far away", "at the same time", "much later"],
)
def test_strangers_are_not_joined(second: Tracklet) -> None:
    assert len(stitch_tracklets([walk(np.arange(50)), second], StitchOptions())) == 2


def test_without_looks_only_short_gaps_are_joined() -> None:
    def faceless(tracklet: Tracklet) -> Tracklet:
        return replace(
            tracklet, embedding=None, samples=np.zeros((0, 0), np.float32), qualities=np.zeros(0, np.float32),
            sample_frames=np.zeros(0, np.int64),
        )  # fmt: skip

    first = faceless(walk(np.arange(50)))
    soon, later = faceless(walk(np.arange(60, 90), track_id=2)), faceless(walk(np.arange(110, 140), track_id=2))
    assert len(stitch_tracklets([first, soon], StitchOptions())) == 1
    assert len(stitch_tracklets([first, later], StitchOptions())) == 2


def test_a_chain_of_three_becomes_one() -> None:
    parts = [walk(np.arange(30)), walk(np.arange(40, 70), track_id=2), walk(np.arange(80, 110), track_id=3)]
    (joined,) = stitch_tracklets(parts, StitchOptions())
    assert joined.track_id == 1
    assert len(joined) == 90


def test_short_ghosts_and_furniture_go_people_stay() -> None:
    walker = walk(np.arange(100), track_id=1)
    sign = walk(np.arange(100), speed=0, track_id=2, score=0.5)
    waiting = walk(np.arange(100), speed=0, track_id=3, score=0.8)
    flash = walk(np.arange(2), track_id=4)
    kept = drop_ghosts([walker, sign, waiting, flash], RefinementOptions())
    assert [t.track_id for t in kept] == [1, 3]


def test_where_nobody_walks_the_walkers_of_other_cameras_tell_furniture() -> None:
    elsewhere = replace(walk(np.arange(100), track_id=1), camera_id="other")
    sign = walk(np.arange(100), speed=0, track_id=2, score=0.5)
    waiting = walk(np.arange(100), speed=0, track_id=3, score=0.8)
    kept = refine([elsewhere, sign, waiting], RefinementOptions())
    assert [t.track_id for t in kept] == [1, 3]


def test_where_nobody_walks_nothing_is_furniture() -> None:
    seated = [walk(np.arange(100), speed=0, track_id=i, score=0.3 + 0.3 * i) for i in (1, 2)]
    assert len(drop_ghosts(seated, RefinementOptions())) == 2


@pytest.mark.parametrize("method", ["linear", "gaussian"])
def test_gaps_of_a_steady_walk_are_filled_on_the_line(method: str) -> None:
    frames = np.concatenate([np.arange(20), np.arange(30, 50)])
    filled = fill_gaps(walk(frames), 1.0, method)
    assert filled.frame_indices.tolist() == list(range(50))
    np.testing.assert_allclose(filled.boxes, walk(np.arange(50)).boxes, atol=0.05)
    assert np.flatnonzero(filled.scores == 0).tolist() == list(range(20, 30))
    np.testing.assert_allclose(filled.times_s, np.arange(50) / FPS)


def test_long_gaps_stay_open() -> None:
    frames = np.concatenate([np.arange(20), np.arange(120, 140)])
    assert len(fill_gaps(walk(frames), 1.0, "linear")) == 40


def test_gaussian_follows_a_bend_better_than_a_line() -> None:
    frames = np.concatenate([np.arange(0, 40), np.arange(60, 100)])
    bend = np.stack([frames * 3.0, 0.05 * (frames - 50.0) ** 2, frames * 3.0 + 20, 0.05 * (frames - 50.0) ** 2 + 50], 1)
    tracklet = replace(walk(frames), boxes=bend.astype(np.float32))
    truth = 0.05 * (np.arange(40, 60) - 50.0) ** 2
    errors = {
        method: np.abs(fill_gaps(tracklet, 2.0, method).boxes[40:60, 1] - truth).mean()
        for method in ("linear", "gaussian")
    }
    assert errors["gaussian"] < 0.5 * errors["linear"]


def test_gaussian_mean_against_the_formula() -> None:
    """Two points at distance 1 with span 1 and hardly any noise: the process passes through them."""
    mean = gaussian_mean(np.array([0.0, 1.0]), np.array([[1.0], [3.0]]), np.array([0.0, 1.0]), 1.0, 1e-4)
    np.testing.assert_allclose(mean[:, 0], [1.0, 3.0], atol=1e-3)


def test_smoothing_takes_noise_away() -> None:
    truth = walk(np.arange(100))
    noise = np.random.default_rng(0).normal(0, 2, truth.boxes.shape).astype(np.float32)
    smooth = smooth_tracklet(replace(truth, boxes=truth.boxes + noise))
    before, after = np.abs(noise).mean(), np.abs(smooth.boxes - truth.boxes).mean()
    assert after < 0.7 * before


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 9999))
def test_refined_tracklets_are_whole(seed: int) -> None:
    """Whatever comes in: unique ids, increasing times, finite boxes, no detected box lost or doubled."""
    rng = np.random.default_rng(seed)
    tracklets = []
    for track_id in range(1, int(rng.integers(1, 8)) + 1):
        begin, length = int(rng.integers(0, 200)), int(rng.integers(1, 80))
        kept = np.flatnonzero(rng.random(length) < 0.8) + begin
        if len(kept):
            speed, axis = rng.uniform(-3, 3), int(rng.integers(0, 3))
            tracklets.append(walk(kept, rng.uniform(0, 500), speed, axis, track_id))
    options = RefinementOptions(min_boxes=1, min_duration_s=0, still_score=None)
    refined = refine(tracklets, options)
    assert len({t.track_id for t in refined}) == len(refined)
    for tracklet in refined:
        assert (np.diff(tracklet.times_s) > 0).all()
        assert np.isfinite(tracklet.boxes).all()
    assert sum(int((t.scores > 0).sum()) for t in refined) == sum(len(t) for t in tracklets)


def test_cameras_are_refined_apart() -> None:
    first, second = walk(np.arange(50)), replace(walk(np.arange(75, 120)), camera_id="other")
    assert len(refine([first, second], RefinementOptions())) == 2


def test_nothing_in_nothing_out() -> None:
    assert refine([], RefinementOptions()) == []
