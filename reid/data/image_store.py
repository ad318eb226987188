"""Images decoded once and kept in memory: reading files during training would take the cores that the network needs."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from crosscam.base.errors import DatasetError

logger = logging.getLogger(__name__)
SHRINK_ABOVE = 1.5  # images higher than this times the network's input are shrunk to it


class ImageStore:
    """BGR uint8 images by position.

    Args:
        paths: Image files.
        height: Of the network's input; much larger images are shrunk while they are read.
        max_unreadable: Largest share of unreadable files that is skipped with a warning.

    Raises:
        DatasetError: More files than that are unreadable.

    Attributes:
        readable: Positions in `paths` of the images, int64 (M,).
    """

    def __init__(self, paths: Sequence[Path], height: int, max_unreadable: float = 0.01) -> None:
        self._images: list[np.ndarray] = []
        readable, unreadable = [], []
        for position, path in enumerate(paths):
            image = cv2.imread(str(path), cv2.IMREAD_COLOR)
            if image is None:
                unreadable.append(path)
                continue
            readable.append(position)
            self._images.append(shrink(image, height))
        self.readable = np.array(readable, np.int64)
        if len(unreadable) > max_unreadable * len(paths):
            raise DatasetError(f"{len(unreadable)} of {len(paths)} images cannot be read, first '{unreadable[0]}'")
        if unreadable:
            logger.warning("skipped %d unreadable images, first '%s'", len(unreadable), unreadable[0])

    def __len__(self) -> int:
        return len(self._images)

    def __getitem__(self, position: int) -> np.ndarray:
        return self._images[position]

    def take(self, positions: np.ndarray) -> list[np.ndarray]:
        """Several images."""
        return [self._images[i] for i in positions]


def shrink(image: np.ndarray, height: int) -> np.ndarray:
    """The image itself, or a version of it `SHRINK_ABOVE` times `height` high where it is higher."""
    limit = int(SHRINK_ABOVE * height)
    if image.shape[0] <= limit:
        return image
    width = max(round(image.shape[1] * limit / image.shape[0]), 1)
    return cv2.resize(image, (width, limit), interpolation=cv2.INTER_AREA)
