"""The collector: every box kept, a bounded choice of crops, embeddings weighted by quality."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tracker.single_camera.samples import SampleStore
from tracker.single_camera.tracklets import TrackletCollector
from tracker.structures import FrameTracks


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
        assert ((tracklet.qualities > 0) & (tracklet.qualities <= 1)).all()
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


def test_encoder_makes_the_embedding(scenes: Any) -> None:
    collector = TrackletCollector("cam", encoder=lambda samples, qualities: samples[qualities.argmax()])
    collector.add(scenes.frame(0), tracks([1], tall_boxes(1), np.array([[0, 0.6, 0.8]], np.float32)))
    embedding = collector.tracklets()[0].embedding
    assert embedding is not None
    np.testing.assert_allclose(embedding, [0, 0.6, 0.8], atol=1e-3)


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


def offer_one(store: SampleStore, vector: list[float], quality: float, frame: int) -> None:
    unit = np.array([vector], np.float32)
    unit /= np.linalg.norm(unit)
    store.offer(np.array([1]), unit, np.array([quality], np.float32), frame)


def test_the_better_of_two_like_crops_is_kept() -> None:
    store = SampleStore(4)
    offer_one(store, [1, 0, 0], 0.5, 0)
    offer_one(store, [1, 0.01, 0], 0.9, 1)
    offer_one(store, [1, 0.02, 0], 0.7, 2)
    _, qualities, frames = store.of_track(1)
    assert frames.tolist() == [1]
    np.testing.assert_allclose(qualities, [0.9])


def test_a_full_track_gives_up_one_of_its_most_similar_pair() -> None:
    store = SampleStore(3)
    for frame, (vector, quality) in enumerate([([1, 0, 0], 0.9), ([1, 0.5, 0], 0.3), ([0, 0, 1], 0.9)]):
        offer_one(store, vector, quality, frame)
    offer_one(store, [0, 1, -1], 0.5, 3)
    assert store.of_track(1)[2].tolist() == [0, 2, 3]


def test_unknown_track_has_no_samples() -> None:
    assert len(SampleStore(3).of_track(99)[0]) == 0
