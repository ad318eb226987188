"""Which crops are worth embedding, and what distances mean for different embedders."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import numpy as np
import pytest

from tracker.single_camera.appearance.distance_scale import SAME, AppearanceScale
from tracker.single_camera.appearance.track_embeddings import CLEAN_NOISE, fitted_momentum, update_embeddings
from tracker.single_camera.engine.tracker import ArrayTracker, build_tracker
from tracker.single_camera.options import TrackerOptions
from tracker.structures import Detections, Frame


def wanted_of(tracker: ArrayTracker, frame: Frame, found: Detections) -> np.ndarray:
    """Which of the detections the tracker would have embedded next, bool (N,); the tracker stays as it is."""
    prepared = deepcopy(tracker).prepare(frame, Detections(found.boxes, found.scores))
    wanted = np.zeros(len(found), bool)
    wanted[prepared.rows] = prepared.wanted
    return wanted


def test_most_crops_of_steady_walkers_are_spared(scenes: Any) -> None:
    tracker = build_tracker(TrackerOptions())
    asked = total = 0
    for t, found in enumerate(scenes.walkers(5, 100)):
        wanted = wanted_of(tracker, scenes.frame(t), found)
        asked, total = asked + int(wanted.sum()), total + len(found)
        assert found.embeddings is not None
        tracker.update(scenes.frame(t), found.with_embeddings(np.where(wanted[:, None], found.embeddings, 0)))
    assert asked < 0.25 * total


def test_newcomers_and_rivals_are_asked_for(scenes: Any) -> None:
    tracker = build_tracker(TrackerOptions())
    scene = scenes.walkers(3, 20)
    assert wanted_of(tracker, scenes.frame(0), scene[0]).all()
    for t in range(19):
        tracker.update(scenes.frame(t), scene[t])
    newcomer = np.concatenate([scene[19].boxes, [[1100, 600, 1140, 700]]]).astype(np.float32)
    wanted = wanted_of(tracker, scenes.frame(19), Detections(newcomer, np.full(4, 0.9, np.float32)))
    assert wanted.tolist() == [False, False, False, True]
    crowded = np.concatenate([scene[19].boxes, scene[19].boxes[:1] + 6]).astype(np.float32)
    wanted = wanted_of(tracker, scenes.frame(19), Detections(crowded, np.full(4, 0.9, np.float32)))
    assert wanted.tolist() == [True, False, False, True]


def test_unsure_and_broken_detections_are_not_asked_for(scenes: Any) -> None:
    tracker = build_tracker(TrackerOptions())
    boxes = np.array([[10, 10, 50, 90], [100, 10, 140, 90], [np.nan, 0, 9, 9]], np.float32)
    wanted = wanted_of(tracker, scenes.frame(0), Detections(boxes, np.array([0.9, 0.2, 0.9], np.float32)))
    assert wanted.tolist() == [True, False, False]


def test_an_old_look_loses_weight_with_time_not_with_crops() -> None:
    """One crop after 0.2 s moves a track as far as five do, one each 0.04 s."""
    before, now = unit(np.array([[1.0, 0, 0]])), unit(np.array([[0.9, 0.1, 0]]))
    ends = []
    for moments in ([0.2], [0.04, 0.08, 0.12, 0.16, 0.2]):
        table = {"embedding": before.copy(), "embedded_s": np.array([0.0])}
        for moment in moments:
            update_embeddings(table, np.array([0]), now, np.ones(1, np.float32), moment, 0.9)  # type: ignore[arg-type]
        ends.append(table["embedding"][0])
    np.testing.assert_allclose(ends[0], ends[1], atol=1e-4)
    way = (ends[0] - before[0])[1] / (now - before)[0, 1]
    assert way == pytest.approx(1 - 0.9**5, abs=0.01)


def test_motion_presets_ask_for_nothing(scenes: Any) -> None:
    stages = tuple(stage.model_copy(update={"costs": {"iou": 1.0}}) for stage in TrackerOptions().stages)
    tracker = build_tracker(TrackerOptions(stages=stages))
    assert not wanted_of(tracker, scenes.frame(0), scenes.walkers(3, 1)[0]).any()


def pairs(people: int, spread: float, common: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Embeddings of tracks and of their detections; a common part makes all people alike."""
    rng = np.random.default_rng(seed)
    looks = rng.normal(size=(people, 64)) + common * np.ones(64)
    shown = looks + rng.normal(size=looks.shape) * spread
    return unit(looks), unit(shown)


def unit(vectors: np.ndarray) -> np.ndarray:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def test_scale_starts_as_the_reference() -> None:
    scale = AppearanceScale()
    np.testing.assert_allclose(scale.apply(np.array([0.1, 0.5], np.float32)), [0.1, 0.5], rtol=1e-5)


def test_scale_brings_another_embedder_to_the_reference() -> None:
    """An embedder for which everybody looks much alike: its small distances become those that gates expect."""
    scale = AppearanceScale()
    for seed in range(400):
        scale.learn(*pairs(20, 0.3, 2.0, seed))
    tracks, shown = pairs(20, 0.3, 2.0, 999)
    same = scale.apply(1 - np.einsum("ij,ij->i", tracks, shown))
    different = scale.apply(1 - np.einsum("ij,ij->i", tracks[:-1], shown[1:]))
    assert same.mean() == pytest.approx(SAME, abs=0.02)
    assert 0.4 < different.mean() < 0.6


def test_scale_starts_where_the_embedder_says() -> None:
    """(0.2, 0.12, 1.0): slope is the smaller of 0.4 / 0.8 and 0.06 / 0.12, both a half."""
    found = AppearanceScale((0.2, 0.12, 1.0)).apply(np.array([0.2, 0.4, 1.0], np.float32))
    np.testing.assert_allclose(found, [0.1, 0.2, 0.5], rtol=1e-5)


def test_scale_of_an_embedder_that_scatters_decides_less() -> None:
    scale = AppearanceScale()
    for seed in range(400):
        scale.learn(*pairs(20, 1.5, 0.5, seed))
    tracks, shown = pairs(20, 1.5, 0.5, 999)
    different = scale.apply(1 - np.einsum("ij,ij->i", tracks[:-1], shown[1:]))
    assert different.mean() < 0.5


def test_an_embedder_that_scatters_twice_as_much_is_averaged_over_four_times_as_many_crops() -> None:
    assert fitted_momentum(CLEAN_NOISE) == pytest.approx(0.9)
    assert fitted_momentum(2 * CLEAN_NOISE) ** 4 == pytest.approx(0.9)
    assert fitted_momentum(AppearanceScale().noise) == pytest.approx(0.961, abs=0.001)  # nothing known: OSNet's
    assert 0 <= fitted_momentum(0.0) < fitted_momentum(10.0) < 1


def test_the_momentum_of_the_options_comes_first(scenes: Any) -> None:
    """A track's look after two crops: the second one counts 1 - momentum, times the trust in its score."""
    first, other = scenes.looks(2)
    second = (first + 0.3 * other) / np.linalg.norm(first + 0.3 * other)
    box = np.array([[10, 10, 40, 90]], np.float32)
    for momentum, expected in ((0.5, 0.5), (None, 1 - fitted_momentum(0.2))):
        options = TrackerOptions(appearance_momentum=momentum, appearance_by_score=False)
        tracker = build_tracker(options, distances=(0.1, 0.06, 0.5))
        for t, look in enumerate((first, second)):
            tracker.update(scenes.frame(t), Detections(box, np.ones(1, np.float32), look[None]))
        mixed = (1 - expected) * first + expected * second
        np.testing.assert_allclose(tracker._table["embedding"][0], mixed / np.linalg.norm(mixed), atol=1e-5)
