"""A small data set whose people are colours, and an embedder that sees colours."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest


class ColourEmbedder:
    """The mean colour of a crop as a unit vector, (N, 3); counts the crops it was given."""

    dimension = 3
    name = "mean-colour"
    distances = None

    def __init__(self) -> None:
        self.seen = 0

    def embed(self, crops: Sequence[np.ndarray]) -> np.ndarray:
        self.seen += len(crops)
        vectors = np.array([crop.mean(axis=(0, 1)) + 1e-3 for crop in crops], np.float32).reshape(-1, 3)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture
def embedder() -> ColourEmbedder:
    return ColourEmbedder()


@pytest.fixture
def tracklet_root(tmp_path: Path) -> Path:
    """Six people in cameras 1 and 2, and person 9 in camera 1 only; three frames each."""
    rng = np.random.default_rng(0)
    root = tmp_path / "tracklets"
    for person, camera in [(p, c) for p in range(1, 7) for c in (1, 2)] + [(9, 1)]:
        colour = np.random.default_rng(person).integers(20, 235, 3)
        folder = root / f"{person:04d}C{camera}T0001"
        folder.mkdir(parents=True)
        for frame in range(3):
            image = np.clip(colour + rng.integers(-8, 8, (32, 16, 3)), 0, 255).astype(np.uint8)
            assert cv2.imwrite(str(folder / f"{frame:02d}.jpg"), image)
    return root
