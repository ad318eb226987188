"""Walking boxes with known identities, for the tests of this folder."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from tracker.structures import Detections, Frame

IMAGE = np.zeros((720, 1280, 3), np.uint8)


@dataclass(frozen=True)
class Scenes:
    """Makers of frames and detections."""

    fps: float = 25.0

    def frame(self, index: int, camera: str = "cam") -> Frame:
        """Frame number `index` of a 1280x720 video."""
        return Frame(camera, index, index / self.fps, IMAGE)

    def looks(self, people: int, dimension: int = 32, seed: int = 0) -> np.ndarray:
        """Unit vectors (people, dimension), far from each other."""
        vectors = np.random.default_rng(seed).normal(size=(people, dimension)).astype(np.float32)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    def walkers(self, people: int, frames: int, seed: int = 0, with_looks: bool = True) -> list[Detections]:
        """People on rows of their own who walk at constant speed; detection i is person i in every frame."""
        rng = np.random.default_rng(seed)
        y = np.arange(people) * 60.0
        x, speed = rng.uniform(100, 900, people), rng.uniform(-3, 3, people)
        scene = []
        for t in range(frames):
            left_top = np.stack([x + speed * t, y], axis=1) + rng.normal(0, 0.3, (people, 2))
            boxes = np.concatenate([left_top, left_top + np.array([20.0, 50.0])], axis=1).astype(np.float32)
            noisy = self.looks(people) + rng.normal(0, 0.02, (people, 32)).astype(np.float32)
            noisy /= np.linalg.norm(noisy, axis=1, keepdims=True)
            scene.append(Detections(boxes, np.full(people, 0.9, np.float32), noisy if with_looks else None))
        return scene


@pytest.fixture(scope="session")
def scenes() -> Scenes:
    """See `Scenes`."""
    return Scenes()
