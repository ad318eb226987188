"""Augmentation for what a tracker does to person crops, and the plain resize of evaluation.

Training images are uint8 and stay so: geometry is one `warpAffine` per image and photometry one vectorised pass per
batch, because on a CPU the augmentation competes with the network for the same cores (this costs about 0.1 ms an image;
torchvision's v2 transforms cost several times that).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import cv2
import numpy as np


@dataclass(frozen=True)
class CropAugmentation:
    """How hard the training crops are disturbed. Probabilities are per image, ranges are fractions of the image size.

    Args:
        flip: Probability of a mirror image.
        shift: Largest shift of the box, horizontal and vertical.
        scale: Largest relative error of the box size, each side on its own half of the time.
        cut: Probability that feet, head or one side lie outside the box; `max_cut` is the largest part cut off.
        max_cut: Largest part of the height cut off at one end.
        occlude: Probability that a rectangle of another image of the batch covers a part from below or from a side.
        erase: Probability of random erasing (Zhong et al., arXiv:1708.04896).
        blur: Probability of a Gaussian or motion blur.
        low_resolution: Probability of a loss of resolution.
        compress: Probability of JPEG artefacts.
        colour: Strength of the brightness, contrast, gamma and per-channel gain jitter.
        grey: Probability of a grey image.
    """

    flip: float = 0.5
    shift: float = 0.08
    scale: float = 0.12
    cut: float = 0.2
    max_cut: float = 0.3
    occlude: float = 0.2
    erase: float = 0.4
    blur: float = 0.12
    low_resolution: float = 0.2
    compress: float = 0.2
    colour: float = 0.2
    grey: float = 0.03

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    def scaled(self, strength: float) -> CropAugmentation:
        """The same with every probability and range but the flip's multiplied by `strength` in [0, 1]."""
        values = {name: value * strength for name, value in vars(self).items() if name not in ("flip", "max_cut")}
        return CropAugmentation(flip=self.flip, max_cut=self.max_cut, **values)


def random_box(rng: np.random.Generator, options: CropAugmentation) -> tuple[float, float, float, float]:
    """The disturbed box in units of the image, (left, top, right, bottom); (0, 0, 1, 1) is the annotated one."""
    scale_x = 1.0 + rng.uniform(-options.scale, options.scale)
    scale_y = 1.0 + rng.uniform(-options.scale, options.scale) if rng.random() < 0.5 else scale_x
    centre_x = 0.5 + rng.uniform(-options.shift, options.shift)
    centre_y = 0.5 + rng.uniform(-options.shift, options.shift)
    left, right = centre_x - scale_x / 2, centre_x + scale_x / 2
    top, bottom = centre_y - scale_y / 2, centre_y + scale_y / 2
    if rng.random() < options.cut:
        part = rng.uniform(0.05, options.max_cut)
        side = rng.random()
        if side < 0.6:
            bottom -= part * (bottom - top)
        elif side < 0.8:
            top += part * 0.6 * (bottom - top)
        elif side < 0.9:
            left += part * 0.8 * (right - left)
        else:
            right -= part * 0.8 * (right - left)
    return left, top, right, bottom


def warp_to_box(
    image: np.ndarray, box: tuple[float, float, float, float], size: tuple[int, int], mirror: bool
) -> np.ndarray:
    """The part `box` of the image (fractions, may reach outside), at `size` = (height, width), maybe mirrored."""
    rows, columns = image.shape[:2]
    height, width = size
    left, top, right, bottom = box
    scale_x, scale_y = (right - left) * columns / width, (bottom - top) * rows / height
    offset_x, offset_y = left * columns + 0.5 * scale_x - 0.5, top * rows + 0.5 * scale_y - 0.5
    if mirror:
        offset_x, scale_x = offset_x + (width - 1) * scale_x, -scale_x
    matrix = np.array([[scale_x, 0.0, offset_x], [0.0, scale_y, offset_y]])
    return cv2.warpAffine(
        image, matrix, (width, height), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE
    )


def degrade(image: np.ndarray, rng: np.random.Generator, options: CropAugmentation) -> np.ndarray:
    """Blur, lower resolution and compression, each with its own probability."""
    height, width = image.shape[:2]
    if rng.random() < options.blur:
        if rng.random() < 0.5:
            image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.5, 1.5))
        else:
            image = cv2.blur(image, (int(rng.integers(2, 6)), 1))
    if rng.random() < options.low_resolution:
        factor = rng.uniform(0.35, 0.8)
        small = cv2.resize(
            image, (max(int(width * factor), 4), max(int(height * factor), 8)), interpolation=cv2.INTER_AREA
        )
        image = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
    if rng.random() < options.compress:
        _, packed = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(15, 70))])
        image = cv2.imdecode(packed, cv2.IMREAD_COLOR)  # type: ignore[assignment]
    return image


def occlude(image: np.ndarray, other: np.ndarray, rng: np.random.Generator) -> None:
    """Cover a part of `image`, in place, with a piece of `other` (same shape) from below or from one side."""
    height, width = image.shape[:2]
    if rng.random() < 0.5:
        rows = int(height * rng.uniform(0.15, 0.5))
        start = int(rng.integers(0, height - rows + 1))
        image[height - rows :] = other[start : start + rows]
    else:
        columns, first = int(width * rng.uniform(0.15, 0.45)), int(height * rng.uniform(0.0, 0.5))
        if rng.random() < 0.5:
            image[first:, :columns] = other[first:, width - columns :]
        else:
            image[first:, width - columns :] = other[first:, :columns]


def erase(image: np.ndarray, rng: np.random.Generator) -> None:
    """Random erasing in place: 2 to 35 % of the area, aspect 0.3 to 3.3, noise or one colour."""
    height, width = image.shape[:2]
    area, aspect = height * width * rng.uniform(0.02, 0.35), np.exp(rng.uniform(np.log(0.3), np.log(3.3)))
    rows, columns = min(int(np.sqrt(area * aspect)), height), min(int(np.sqrt(area / aspect)), width)
    top, left = int(rng.integers(0, height - rows + 1)), int(rng.integers(0, width - columns + 1))
    patch = image[top : top + rows, left : left + columns]
    patch[:] = rng.integers(0, 256, patch.shape if rng.random() < 0.3 else 3, dtype=np.uint8)


def jitter_colours(batch: np.ndarray, rng: np.random.Generator, options: CropAugmentation) -> np.ndarray:
    """Gamma, brightness, contrast and per-channel gain through one table per image and channel; uint8 in and out."""
    count, strength = len(batch), options.colour
    values = np.linspace(0.0, 1.0, 256, dtype=np.float32)
    gamma = np.exp(rng.uniform(-strength, strength, (count, 1, 1)))
    contrast = 1.0 + rng.uniform(-strength, strength, (count, 1, 1))
    offset = rng.uniform(-strength, strength, (count, 1, 1)) * 0.4
    gain = 1.0 + rng.uniform(-strength, strength, (count, 1, 3)) * 0.3
    tables = (values[None, :, None] ** gamma * contrast + offset) * gain * 255.0  # (N, 256, 3)
    tables = tables.clip(0, 255).astype(np.uint8)
    out = np.empty_like(batch)
    for image, table, target in zip(batch, tables, out, strict=True):
        cv2.LUT(image, table[None], dst=target)
    for index in np.flatnonzero(rng.random(count) < options.grey):
        out[index] = cv2.cvtColor(out[index], cv2.COLOR_BGR2GRAY)[:, :, None]
    return out


def augment_batch(
    images: Sequence[np.ndarray], size: tuple[int, int], rng: np.random.Generator, options: CropAugmentation
) -> np.ndarray:
    """Disturbed training crops.

    Args:
        images: N BGR uint8 images of any size.
        size: Height and width of the result.
        rng: Source of all randomness.
        options: Strengths.

    Returns:
        uint8 (N, height, width, 3), BGR.
    """
    batch = np.empty((len(images), *size, 3), np.uint8)
    for index, image in enumerate(images):
        batch[index] = warp_to_box(image, random_box(rng, options), size, rng.random() < options.flip)
    for index in np.flatnonzero(rng.random(len(batch)) < options.occlude).tolist():
        occlude(batch[index], batch[rng.integers(len(batch))].copy(), rng)
    for index, image in enumerate(batch):
        batch[index] = degrade(image, rng, options)
    batch = jitter_colours(batch, rng, options)
    for index in np.flatnonzero(rng.random(len(batch)) < options.erase).tolist():
        erase(batch[index], rng)
    return batch


def augment_clip(
    frames: Sequence[np.ndarray], size: tuple[int, int], rng: np.random.Generator, options: CropAugmentation
) -> tuple[np.ndarray, np.ndarray]:
    """A clip with one mirroring, one box error, one degradation and one colour change for all of its frames.

    Only erasing is drawn for each frame, and it is the only damage, so that its flags are true for a loss that pushes
    down the attention of erased frames.

    Returns:
        uint8 (T, height, width, 3), BGR, and which frames were erased, bool (T,).
    """
    box, mirror = random_box(rng, options), rng.random() < options.flip
    seed = int(rng.integers(2**32))
    warped = [warp_to_box(frame, box, size, mirror) for frame in frames]
    clip = np.stack([degrade(frame, np.random.default_rng(seed), options) for frame in warped])
    joined = clip.reshape(1, -1, size[1], 3)
    clip = jitter_colours(joined, rng, options).reshape(clip.shape)
    erased = rng.random(len(clip)) < options.erase
    for index in np.flatnonzero(erased).tolist():
        erase(clip[index], rng)
    return clip, erased
