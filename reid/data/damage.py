"""Damaged frames of tracklets: what occlusion, a lost target and a switched identity leave in a tracker's crops."""

from __future__ import annotations

import cv2
import numpy as np

KINDS = ("occluded", "empty", "wrong person")


def occlude_heavily(image: np.ndarray, other: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Another person in front: 55 to 90 % of the crop shows a piece of `other`, from below, above or a side."""
    height, width = image.shape[:2]
    front = cv2.resize(other, (width, height), interpolation=cv2.INTER_LINEAR)
    damaged = image.copy()
    share = rng.uniform(0.55, 0.9)
    side = int(rng.integers(4))
    rows, columns = int(share * height), int(share * width)
    if side == 0:
        damaged[height - rows :] = front[:rows]
    elif side == 1:
        damaged[:rows] = front[height - rows :]
    elif side == 2:
        damaged[:, :columns] = front[:, width - columns :]
    else:
        damaged[:, width - columns :] = front[:, :columns]
    return damaged


def empty_scene(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The person is gone: the background at one border of the crop, spread over all of it, with some noise."""
    height, width = image.shape[:2]
    strip = max(width // 8, 2)
    border = image[:, :strip] if rng.random() < 0.5 else image[:, width - strip :]
    rows = rng.permutation(height) if rng.random() < 0.3 else np.arange(height)
    scene = cv2.resize(border[rows], (width, height), interpolation=cv2.INTER_LINEAR).astype(np.int16)
    return np.clip(scene + np.asarray(rng.normal(0, 6, scene.shape)).astype(np.int16), 0, 255).astype(np.uint8)


def damage_plan(
    frames: int, share: float, rng: np.random.Generator, kinds: tuple[str, ...] = KINDS
) -> tuple[np.ndarray, np.ndarray]:
    """Which frames of a tracklet are damaged, and how.

    Damaged frames are half of the time neighbours (an occlusion that lasts) and half of the time scattered.

    Args:
        frames: Length T of the tracklet.
        share: Share of damaged frames, in [0, 1); at least one frame stays whole.
        rng: Source of randomness.
        kinds: Kinds of damage to draw from.

    Returns:
        bool (T,), damaged or not; int64 (T,), position in `kinds` (of damaged frames).
    """
    count = min(round(share * frames), frames - 1)
    damaged = np.zeros(frames, bool)
    if rng.random() < 0.5:
        start = int(rng.integers(0, frames - count + 1))
        damaged[start : start + count] = True
    else:
        damaged[rng.choice(frames, count, replace=False)] = True
    return damaged, rng.integers(0, len(kinds), frames)
