"""The tracking loop asks for appearance only where it is wanted, in one batch over all cameras."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tracker.running.loop import TrackingLoop
from tracker.structures import Detections, Frame, FrameTracks


class FixedDetector:
    """`counts[camera]` boxes in every frame of a camera."""

    device = "cpu"

    def __init__(self, counts: dict[str, int], embeddings: bool = False) -> None:
        self.counts, self.embeddings = counts, embeddings

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        found = []
        for frame in frames:
            n = self.counts[frame.camera_id]
            boxes = np.array([[10 * i, 0, 10 * i + 8, 20] for i in range(n)], np.float32).reshape(n, 4)
            vectors = np.eye(n, 4, dtype=np.float32) if self.embeddings else None
            found.append(Detections(boxes, np.full(n, 0.9, np.float32), vectors))
        return found


class BrightnessEmbedder:
    """Mean colour as a vector, to see which crop a row belongs to."""

    dimension, name, device = 3, "brightness", "cpu"
    distances: tuple[float, float, float] | None = None

    def __init__(self) -> None:
        self.batches: list[int] = []

    def embed(self, crops: Sequence[np.ndarray]) -> np.ndarray:
        self.batches.append(len(crops))
        return np.array([c.mean(axis=(0, 1)) for c in crops], np.float32).reshape(-1, 3)


@dataclass(frozen=True)
class Prepared:
    found: Detections
    can_embed: bool

    @property
    def wanted_boxes(self) -> np.ndarray:
        wants = self.can_embed and self.found.embeddings is None
        return self.found.boxes[::2] if wants else self.found.boxes[:0]


class Recorder:
    """A tracker that wants every second detection and keeps what it is given."""

    def __init__(self) -> None:
        self.given: list[tuple[Detections, np.ndarray | None]] = []

    def prepare(self, frame: Frame, detections: Detections, can_embed: bool = True) -> Prepared:
        return Prepared(detections, can_embed)

    def associate(self, prepared: Prepared, embeddings: np.ndarray | None = None) -> FrameTracks:
        self.given.append((prepared.found, embeddings))
        return FrameTracks.empty()

    def update(self, frame: Frame, detections: Detections) -> FrameTracks:
        return self.associate(self.prepare(frame, detections, False))


def frames(index: int = 0) -> list[Frame]:
    images = [np.full((30, 60, 3), value, np.uint8) for value in (50, 100)]
    for image in images:
        image[:, :, 0] += np.arange(60, dtype=np.uint8)
    return [Frame(f"cam{i + 1}", index, index / 10, image) for i, image in enumerate(images)]


def loop_with(counts: dict[str, int], embedder: BrightnessEmbedder | None, embeddings: bool = False):
    trackers = {name: Recorder() for name in counts}
    return TrackingLoop(FixedDetector(counts, embeddings), embedder, trackers), trackers


def test_one_batch_for_all_cameras_and_rows_go_to_their_detections() -> None:
    embedder = BrightnessEmbedder()
    loop, trackers = loop_with({"cam1": 3, "cam2": 2}, embedder)
    loop.step(frames())
    assert embedder.batches == [3]
    first, second = trackers["cam1"].given[0][1], trackers["cam2"].given[0][1]
    assert first is not None
    assert second is not None
    np.testing.assert_allclose(first[:, 1], [50, 50])
    np.testing.assert_allclose(first[:, 0], [50 + 3.5, 50 + 23.5])
    np.testing.assert_allclose(second[:, 1], [100])


def test_a_camera_that_wants_nothing_gets_nothing() -> None:
    loop, trackers = loop_with({"cam1": 0, "cam2": 2}, BrightnessEmbedder())
    loop.step(frames())
    assert trackers["cam1"].given[0][1] is None
    assert trackers["cam2"].given[0][1].shape == (1, 3)


def test_nobody_means_no_call() -> None:
    embedder = BrightnessEmbedder()
    loop, trackers = loop_with({"cam1": 0, "cam2": 0}, embedder)
    loop.step(frames())
    assert embedder.batches == []
    assert len(trackers["cam1"].given[0][0]) == 0


def test_given_embeddings_are_kept() -> None:
    embedder = BrightnessEmbedder()
    loop, trackers = loop_with({"cam1": 2, "cam2": 1}, embedder, embeddings=True)
    loop.step(frames())
    assert embedder.batches == []
    np.testing.assert_array_equal(trackers["cam1"].given[0][0].embeddings, np.eye(2, 4))


def test_without_an_embedder_detections_pass_as_they_are() -> None:
    loop, trackers = loop_with({"cam1": 2, "cam2": 1}, None)
    loop.step(frames())
    assert trackers["cam1"].given[0][1] is None


def test_run_equals_step_by_step_and_counts() -> None:
    loop, _ = loop_with({"cam1": 2, "cam2": 1}, BrightnessEmbedder())
    seen = [(f.camera_id, f.index) for instant, _ in loop.run([frames(0), frames(1), frames(2)]) for f in instant]
    assert seen == [("cam1", 0), ("cam2", 0), ("cam1", 1), ("cam2", 1), ("cam1", 2), ("cam2", 2)]
    assert loop.counts == {"frames": 6, "detections": 9, "embedded": 6}
    assert set(loop.times.seconds) >= {"detect", "embed", "track"}


def test_empty_instants_of_silent_streams_are_passed_over() -> None:
    loop, _ = loop_with({"cam1": 2, "cam2": 1}, BrightnessEmbedder())
    assert [len(instant) for instant, _ in loop.run([[], frames(0), [], frames(1)])] == [2, 2]


def test_a_tracker_is_told_of_a_gap_in_its_camera() -> None:
    loop, trackers = loop_with({"cam1": 2, "cam2": 1}, None)
    for index in (0, 1, 2, 300, 301):
        loop.step(frames(index))
    assert [len(found) for found, _ in trackers["cam1"].given] == [2, 2, 2, 0, 2, 2]
    assert loop.counts["frames"] == 10
