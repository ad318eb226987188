"""The collector: every box kept, a bounded history of looks, weighted by quality."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tracker.single_camera.tracklets.collector import TrackletCollector
from tracker.single_camera.tracklets.embedding_history import EmbeddingHistory
from tracker.structures import FrameTracks, TrackBeginnings


def tracks(ids: list[int], boxes: np.ndarray, embeddings: np.ndarray | None) -> FrameTracks:
    return FrameTracks(np.array(ids), boxes.astype(np.float32), np.full(len(ids), 0.9, np.float32), embeddings)


def tall_boxes(count: int) -> np.ndarray:
    left = 100.0 * np.arange(1, count + 1)
    return np.stack([left, np.full(count, 50.0), left + 40, np.full(count, 150.0)], axis=1)


def test_boxes_come_back_by_track(scenes: Any) -> None:
    collector = TrackletCollector("cam")
    collector.add(scenes.frame(0), tracks([1, 3], tall_boxes(2), None))
    collector.add(scenes.frame(2), tracks([3], tall_boxes(1) + 5, None))
    collector.add(scenes.frame(4), FrameTracks.empty())
    first, third = collector.tracklets()
    assert (first.track_id, third.track_id) == (1, 3)
    assert third.frame_indices.tolist() == [0, 2]
    np.testing.assert_allclose(third.times_s, [0, 2 / 25])
    np.testing.assert_allclose(third.boxes, [tall_boxes(2)[1], tall_boxes(1)[0] + 5])
    assert third.embedding is None
    assert len(third.samples) == 0
    assert len(collector) == 3
    (late,) = collector.tracklets(first_box=2)
    assert (late.track_id, late.frame_indices.tolist()) == (3, [2])
    assert collector.tracklets(first_box=3) == []


def test_a_tracklet_starts_where_its_track_began(scenes: Any) -> None:
    collector = TrackletCollector("cam")
    boxes = tall_boxes(3).astype(np.float32)
    begun = TrackBeginnings(np.array([2, 2]), np.array([1, 3]), np.array([0.04, 0.12]), boxes[:2], np.full(2, 0.5, "f"))
    collector.add(scenes.frame(3), tracks([1], boxes[2:], None))
    collector.add(scenes.frame(4), replace(tracks([1, 2], boxes[1:], None), beginnings=begun))
    first, second = collector.tracklets()
    assert first.frame_indices.tolist() == [3, 4]
    assert second.frame_indices.tolist() == [1, 3, 4]
    np.testing.assert_allclose(second.times_s, [0.04, 0.12, 0.16])
    np.testing.assert_array_equal(second.boxes, boxes)
    np.testing.assert_allclose(second.scores, [0.5, 0.5, 0.9])


def test_many_frames_keep_at_most_max_samples(scenes: Any) -> None:
    rng = np.random.default_rng(0)
    collector = TrackletCollector("cam", max_samples=5)
    for t in range(100):
        vectors = rng.normal(size=(2, 16)).astype(np.float32)
        collector.add(
            scenes.frame(t), tracks([1, 2], tall_boxes(2), vectors / np.linalg.norm(vectors, axis=1, keepdims=True))
        )
    for tracklet in collector.tracklets():
        assert len(tracklet.samples) == 5
        np.testing.assert_allclose(np.linalg.norm(tracklet.samples, axis=1), 1, rtol=1e-3)
        assert (np.diff(tracklet.sample_frames) > 0).all()
        assert (tracklet.qualities > 0).all()
        assert tracklet.embedding is not None
        assert np.linalg.norm(tracklet.embedding) == pytest.approx(1, rel=1e-5)


def test_rows_without_an_embedding_are_no_samples(scenes: Any) -> None:
    collector = TrackletCollector("cam")
    embeddings = np.array([[0, 0, 0], [0, 1, 0]], np.float32)
    collector.add(scenes.frame(0), tracks([1, 2], tall_boxes(2), embeddings))
    first, second = collector.tracklets()
    assert first.embedding is None
    assert second.embedding is not None
    np.testing.assert_allclose(second.embedding, [0, 1, 0])


def test_default_embedding_weighs_by_squared_quality(scenes: Any) -> None:
    """A crop of half the height has half the quality and a quarter of the weight."""
    collector = TrackletCollector("cam")
    whole, half = tall_boxes(1), tall_boxes(1)
    half[:, 3] = 50.0 + 32.0  # GOOD_HEIGHT_PX / 2
    collector.add(scenes.frame(0), tracks([1], whole, np.array([[1, 0]], np.float32)))
    collector.add(scenes.frame(1), tracks([1], half, np.array([[0, 1]], np.float32)))
    embedding = collector.tracklets()[0].embedding
    assert embedding is not None
    assert embedding[1] / embedding[0] == pytest.approx(0.25, rel=1e-3)


def offer_one(history: EmbeddingHistory, vector: list[float], quality: float, frame: int) -> None:
    unit = np.array([vector], np.float32)
    unit /= np.linalg.norm(unit)
    history.offer(np.array([1]), unit, np.array([quality], np.float32), frame)


def test_neighbours_that_look_alike_become_one_span() -> None:
    """Frames 0 and 1 look alike, 2 and 3 too; a fifth crop joins the pair that is nearest."""
    history = EmbeddingHistory(3)
    for frame, vector in enumerate([[1, 0, 0], [1, 0.01, 0], [0, 1, 0], [0, 1, 0.2]]):
        offer_one(history, vector, 0.5, frame)
    looks, weights, frames = history.of_track(1)
    assert frames.tolist() == [0, 2, 3]
    np.testing.assert_allclose(weights**2, [0.5, 0.25, 0.25])
    np.testing.assert_allclose(looks[0], [1, 0.005, 0], atol=1e-4)
    offer_one(history, [0, 0, 1], 0.5, 4)
    assert history.of_track(1)[2].tolist() == [0, 2, 4]


def test_a_swap_of_people_falls_between_two_spans() -> None:
    history = EmbeddingHistory(4)
    random = np.random.default_rng(1)
    for frame in range(60):
        person = [1.0, 0.0, 0.0] if frame < 37 else [0.0, 1.0, 0.0]
        offer_one(history, list(person + 0.1 * random.normal(size=3)), 0.7, frame)
    looks, _, frames = history.of_track(1)
    assert 37 in frames.tolist()
    np.testing.assert_array_equal(looks[:, 0] > looks[:, 1], frames < 37)


def test_all_crops_count_in_the_history() -> None:
    """However the spans are joined, their weighted means add up to the weighted sum of all crops."""
    random = np.random.default_rng(2)
    vectors = random.normal(size=(40, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    qualities = random.uniform(0.1, 1, 40).astype(np.float32)
    history = EmbeddingHistory(5)
    for frame in range(40):
        history.offer(np.array([2]), vectors[frame : frame + 1], qualities[frame : frame + 1], frame)
    _, weights, _ = history.of_track(2)
    assert (weights**2).sum() == pytest.approx((qualities**2).sum(), rel=1e-4)


def test_unknown_track_has_no_samples() -> None:
    assert len(EmbeddingHistory(3).of_track(99)[0]) == 0
