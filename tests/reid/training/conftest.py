"""A tiny synthetic data set and options: two-coloured people in two cameras."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from reid.training.config_file import validate
from reid.training.options import TrainOptions

TRUNK = {"stem": 4, "widths": [8, 8], "depths": [1, 1], "strides": [2, 2]}


@pytest.fixture(scope="session")
def small_market(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Market-1501 layout: 8 people x 2 cameras x 3 images of 32x16."""
    root = tmp_path_factory.mktemp("market")
    (root / "bounding_box_train").mkdir()
    random = np.random.default_rng(0)
    for person in range(1, 9):
        colours = random.integers(0, 256, (2, 1, 1, 3))
        for camera in (1, 2):
            for frame in range(3):
                image = np.concatenate([np.broadcast_to(c, (16, 16, 3)) for c in colours])
                image = (image + random.integers(-20, 21, image.shape)).clip(0, 255).astype(np.uint8)
                name = f"{person:04d}_c{camera}s1_{frame:06d}_00.png"
                cv2.imwrite(str(root / "bounding_box_train" / name), image)
    return root


@pytest.fixture
def make_options(small_market: Path) -> Callable[..., TrainOptions]:
    """`make_options(steps=6, **sections)`: options of a run that takes a second."""

    def make(steps: int = 6, **sections: Any) -> TrainOptions:
        content: dict[str, Any] = {
            "data": {"sets": [{"name": "market1501", "root": str(small_market)}], "held_out": 3},
            "model": {"name": "pyramid", "options": {"trunk_options": TRUNK, "parts": 2, "width": 8}},
            "input_size": [32, 16],
            "losses": [
                {"name": "cross_entropy", "input": "logits"},
                {"name": "batch_hard", "input": "embedding"},
            ],
            "batches": {"batch_size": 8, "per_identity": 2},
            "schedule": {"steps": steps},
            "precision": "float32",
            "device": "cpu",
            "log_every_steps": 1,
        }
        content.update(sections)
        return validate(content, "test")

    return make
