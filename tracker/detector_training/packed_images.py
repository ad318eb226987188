"""All training images in memory, small: a decoder must not wait between the steps of a short training."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from crosscam.base.errors import InputError
from tracker.detector_training.annotations import LabelledImage


@dataclass(frozen=True, eq=False)
class Sample:
    """An image in memory: uint8 (H, W, 3) BGR, people (N, 4) and ignored regions (M, 4) in its pixels."""

    image: NDArray[np.uint8]
    people: NDArray[np.float32]
    ignored: NDArray[np.float32]


def load_samples(images: Iterable[LabelledImage], long_side: int) -> list[Sample]:
    """Decode and scale down to `long_side` pixels."""
    return [_load(labelled, long_side) for labelled in images]


def is_held_out(name: str, share: float) -> bool:
    """Whether an image is kept for validation: decided by its name, so that it stays the same when data is added."""
    return zlib.crc32(name.encode()) % 1000 < share * 1000


def load_people(folder: Path, count: int, seed: int) -> NDArray[np.uint8]:
    """Crops of single people for pasting, uint8 (N, 128, 64, 3), a random choice of the folder's images."""
    files = sorted(folder.glob("*.jpg")) if folder.is_dir() else []
    if not files:
        raise InputError(f"{folder}: no .jpg crops of people")
    chosen = np.random.default_rng(seed).permutation(len(files))[:count]
    crops = (cv2.imread(str(files[i])) for i in sorted(chosen))
    return np.stack([cv2.resize(crop, (64, 128)) for crop in crops if crop is not None]).astype(np.uint8)


def _load(labelled: LabelledImage, long_side: int) -> Sample:
    image = labelled.read()
    scale = min(long_side / max(image.shape[:2]), 1.0)
    if scale < 1:
        image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA).astype(np.uint8)
    return Sample(image, labelled.people * np.float32(scale), labelled.ignored * np.float32(scale))
