"""Embeddings of tracklets: hand-worked weights, the shipped encoder, and encoders that do not fit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from crosscam.base.errors import WeightsError
from reid.inference.tracklet_encoder import load_encoder
from tracker.running.build import build_encoder
from tracker.running.options import EmbedderOptions
from tracker.single_camera.tracklets.encoding import encoded
from tracker.structures import FloatArray, Tracklet


def tracklet(looks: FloatArray, qualities: list[float], frames: list[int]) -> Tracklet:
    count = len(looks)
    boxes = np.tile(np.array([0, 0, 10, 20], np.float32), (count, 1))
    times = np.arange(count) / 25
    return Tracklet(
        "cam", 1, np.arange(count), times, boxes, np.ones(count, np.float32), None, looks,
        np.array(qualities, np.float32), np.array(frames),
    )  # fmt: skip


def test_weights_are_asked_for_in_order_of_time_and_times_squared_quality() -> None:
    looks = np.eye(3, dtype=np.float32)
    asked = []

    def weigh(frames: FloatArray) -> FloatArray:
        asked.append(frames)
        return np.array([0.5, 0.25, 0.25], np.float32)

    (found,) = encoded([tracklet(looks, [1.0, 1.0, 0.5], [20, 0, 10])], weigh)
    assert asked[0].argmax(axis=1).tolist() == [1, 2, 0]
    expected = np.array([0.25, 0.5, 0.25 * 0.5**2])  # by look: frames 20, 0 and 10
    assert found.embedding == pytest.approx(expected / np.linalg.norm(expected), abs=1e-6)


def test_single_looks_and_runs_without_an_encoder_stay_as_they_are() -> None:
    one = tracklet(np.eye(1, 4, dtype=np.float32), [1.0], [0])
    two = tracklet(np.eye(2, 4, dtype=np.float32), [1.0, 1.0], [0, 5])
    assert encoded([one, two], None) == [one, two]
    assert encoded([one], lambda _: np.ones(1, np.float32))[0] is one


def test_a_foreign_look_counts_little_with_the_shipped_encoder() -> None:
    encoder = load_encoder()
    rng = np.random.default_rng(0)
    person, stranger = rng.normal(size=(2, 640))
    looks = person + 0.3 * rng.normal(size=(8, 640))
    looks[3] = stranger
    looks = (looks / np.linalg.norm(looks, axis=1, keepdims=True)).astype(np.float32)
    weigh = build_encoder(EmbedderOptions(), encoder.embedder)
    assert weigh is not None
    (found,) = encoded([tracklet(looks, [1.0] * 8, list(range(8)))], weigh)
    mean = looks.mean(axis=0) / np.linalg.norm(looks.mean(axis=0))
    assert found.embedding is not None
    assert abs(found.embedding @ looks[3]) < abs(mean @ looks[3])
    assert found.embedding @ person > mean @ person


def test_encoders_that_do_not_fit() -> None:
    assert build_encoder(EmbedderOptions(), "osnet-1234") is None
    assert build_encoder(EmbedderOptions(encoder="none"), load_encoder().embedder) is None
    assert build_encoder(EmbedderOptions(weights="none"), "none") is None
    shipped = Path(__file__).resolve().parents[4] / "reid" / "weights" / "tracklet_attention.npz"
    with pytest.raises(WeightsError, match=r"belongs to embedder 'pyramid-.*', not 'osnet-1234'"):
        build_encoder(EmbedderOptions(encoder=str(shipped)), "osnet-1234")
    with pytest.raises(WeightsError, match=r"'nowhere\.npz' not found"):
        build_encoder(EmbedderOptions(encoder="nowhere.npz"), "osnet-1234")
