"""Single people pasted into images with soft masks.

Dwibedi et al., Cut, Paste and Learn, ICCV 2017, arXiv:1708.01642.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from crosscam.base.boxes import box_iou
from tracker.detector_training.packed_images import Sample

HEIGHT_PX = (40.0, 300.0)
INNER = (0.06, 0.03, 0.94, 0.98)
"""Where the person stands in a crop of a person re-identification set, as shares."""


def paste_people(sample: Sample, crops: NDArray[np.uint8], count: int, rng: np.random.Generator) -> Sample:
    """Add up to `count` people where no other is.

    Args:
        sample: Not changed.
        crops: uint8 (N, 128, 64, 3), one person each.
        count: How many are tried.
        rng: Chooses people, sizes, places and light.
    """
    image, people = sample.image.copy(), list(sample.people)
    limit = min(HEIGHT_PX[1], 0.9 * image.shape[0], 1.6 * image.shape[1])
    if limit <= HEIGHT_PX[0]:
        return sample
    for _ in range(count):
        height = np.exp(rng.uniform(np.log(HEIGHT_PX[0]), np.log(limit)))
        width = height * rng.uniform(0.42, 0.55)
        left = rng.uniform(0, image.shape[1] - width)
        top = rng.uniform(0, image.shape[0] - height)
        frame = np.array([left, top, left + width, top + height], np.float32)
        others = np.concatenate([np.reshape(people, (-1, 4)), sample.ignored])
        if len(others) and box_iou(frame[None], others).max() > 0.1:
            continue
        _blend(image, crops[rng.integers(len(crops))], frame, rng)
        people.append(frame[[0, 1, 0, 1]] + np.array(INNER, np.float32) * np.array([width, height] * 2, np.float32))
    return Sample(image, np.reshape(people, (-1, 4)).astype(np.float32), sample.ignored)


def _blend(
    image: NDArray[np.uint8], crop: NDArray[np.uint8], frame: NDArray[np.float32], rng: np.random.Generator
) -> None:
    """Paste a crop into its frame, with the light of the place, in place."""
    left, top, right, bottom = frame.astype(int)
    size = max(right - left, 8), max(bottom - top, 16)
    place = image[top : top + size[1], left : left + size[0]]
    turned = np.ascontiguousarray(crop[:, ::-1]) if rng.random() < 0.5 else crop
    person = cv2.resize(turned, (place.shape[1], place.shape[0]))
    light = 0.5 * (place.mean() - person.mean())  # half way to the brightness around
    mask = _soft_ellipse(place.shape[:2])
    place[:] = np.clip(mask * (person + light) + (1 - mask) * place, 0, 255).astype(np.uint8)


def _soft_ellipse(shape: tuple[int, ...]) -> NDArray[np.float32]:
    """1 inside a high super-ellipse, fading to 0 at the border, float32 (H, W, 1)."""
    y = np.abs(np.linspace(-1, 1, shape[0], dtype=np.float32))[:, None]
    x = np.abs(np.linspace(-1, 1, shape[1], dtype=np.float32))[None, :]
    radius = (y**3 + x**3) ** (1 / 3)
    return np.clip((1.0 - radius) / 0.3, 0, 1)[..., None]
