"""Pictures as arrays: reading files of any name, and crops of people in one size."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
"""uint8 (H, W, 3), BGR."""


def read_image(path: str | Path) -> Image | None:
    """The picture, or None where it cannot be read. Takes any file name on any system."""
    try:
        data = np.fromfile(path, np.uint8)
        return cv2.imdecode(data, cv2.IMREAD_COLOR) if len(data) else None  # type: ignore[return-value]
    except (OSError, cv2.error, MemoryError):  # a header may claim any size
        return None


def check_crops(crops: Sequence[np.ndarray]) -> None:
    """Refuse anything but non-empty uint8 images of three channels.

    Raises:
        ValueError: Names the first wrong crop, what was found and what was expected.
    """
    for index, crop in enumerate(crops):
        if crop.ndim != 3 or crop.shape[2] != 3 or crop.dtype != np.uint8 or not crop.size:
            raise ValueError(f"crop {index} must be uint8 (height, width, 3), not empty; got {crop.dtype} {crop.shape}")


def resize_into(images: Sequence[np.ndarray], batch: np.ndarray) -> None:
    """Write BGR uint8 images of any size into a batch (N, height, width, 3), each stretched to its size."""
    height, width = batch.shape[1:3]
    for image, target in zip(images, batch, strict=True):
        if image.shape[:2] == (height, width):
            target[:] = image
        else:  # linear interpolation skips pixels when it shrinks by more than 2
            method = cv2.INTER_AREA if image.shape[0] > 2 * height else cv2.INTER_LINEAR
            cv2.resize(image, (width, height), dst=target, interpolation=method)
