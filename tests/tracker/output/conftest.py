"""A small result: two people in two cameras, one tracklet per stay."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from tracker.structures import CameraInfo, Frame, Identity, TrackingResult, Tracklet

MakeTracklet = Callable[..., Tracklet]


def build_tracklet(
    camera: str = "cam1", track_id: int = 1, start: int = 0, count: int = 10, left: float = 10.0, dimension: int = 4
) -> Tracklet:
    """A box of 20 x 50 pixels that moves one pixel to the right per frame, at 25 frames per second."""
    frames = np.arange(start, start + count)
    x = (left + np.arange(count))[:, None]
    y = np.full((count, 1), 20.0)
    boxes = np.concatenate([x, y, x + 20, y + 50], axis=1).astype(np.float32)
    random = np.random.default_rng(track_id)
    samples = random.normal(size=(3, dimension)).astype(np.float32)
    samples /= np.linalg.norm(samples, axis=1, keepdims=True)
    return Tracklet(
        camera,
        track_id,
        frames,
        frames / 25,
        boxes,
        np.linspace(0.5, 0.9, count, dtype=np.float32),
        samples[0],
        samples,
        np.array([0.9, 0.8, 0.7], np.float32),
        frames[:3],
    )


@pytest.fixture
def make_tracklet() -> MakeTracklet:
    return build_tracklet


@pytest.fixture
def result() -> TrackingResult:
    cameras = tuple(CameraInfo(name, f"videos/{name}.mp4", 25.0, 100, 160, 120) for name in ("cam1", "cam2"))
    one = (build_tracklet("cam1", 1), build_tracklet("cam2", 1, start=40))
    two = (build_tracklet("cam1", 2, start=5, left=80),)
    return TrackingResult(cameras, (Identity(1, one, (1.0, 0.75)), Identity(2, two, (0.5,))))


@pytest.fixture
def make_frame() -> Callable[..., Frame]:
    """A frame of noise, so that crops of different places differ."""

    def make(camera: str = "cam1", index: int = 0, width: int = 160, height: int = 120) -> Frame:
        image = np.random.default_rng(index).integers(0, 255, (height, width, 3), np.uint8)
        return Frame(camera, index, index / 25, image)

    return make
