"""Frames of any size into one batch of network input, and boxes back again."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

GREY = 114
"""Value of the margins, as YOLOX and YOLOv5 to 11 were trained with."""
STRIDE = 32


def input_shape(height: int, width: int, long_side: int) -> tuple[int, int]:
    """Smallest (height, width) in multiples of 32 that holds a frame scaled to `long_side`: no grey bars to compute."""
    scale = long_side / max(height, width)
    return _round_up(height * scale), _round_up(width * scale)


def letterbox(
    images: Sequence[NDArray[np.uint8]], shape: tuple[int, int]
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Scale each image into the upper left of a grey canvas, keeping its aspect.

    Args:
        images: uint8 (h, w, 3) of any sizes.
        shape: (H, W) of the network's input.

    Returns:
        The batch, uint8 (N, H, W, 3), and the scales (N,) from frame to input pixels.
    """
    batch = np.full((len(images), *shape, 3), GREY, np.uint8)
    scales = np.empty(len(images), np.float32)
    for canvas, image, index in zip(batch, images, range(len(images)), strict=True):
        height, width = image.shape[:2]
        scale = min(shape[0] / height, shape[1] / width)
        size = max(int(width * scale), 1), max(int(height * scale), 1)
        cv2.resize(image, size, dst=canvas[: size[1], : size[0]])
        scales[index] = scale
    return batch, scales


def _round_up(length: float) -> int:
    return max(STRIDE, int(np.ceil(length / STRIDE - 1e-6)) * STRIDE)
