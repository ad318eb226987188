"""Miniature copies of the data sets' folder layouts with tiny images."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest


@pytest.fixture
def make_images(tmp_path: Path) -> Callable[[list[str]], Path]:
    """Write tiny images under the temporary folder by relative name, in the order given; returns the folder."""

    def write(names: list[str]) -> Path:
        for name in names:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            assert cv2.imwrite(str(path), np.full((8, 4, 3), len(name), np.uint8))
        return tmp_path

    return write
