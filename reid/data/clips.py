"""Which frames of a tracklet form a clip. All functions return ascending int64 indices into the tracklet.

Consecutive and dense follow Gao and Nevatia, arXiv:1805.02104, without the off-by-one that never draws the last window;
segment sampling is that of temporal segment networks (Wang et al., ECCV 2016). Short tracklets give fewer indices than
asked for, and the caller masks the rest, since repeated frames would count twice.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def consecutive(frames: int, length: int, rng: np.random.Generator) -> np.ndarray:
    """`length` neighbouring frames from a random start; all frames where there are no more."""
    start = int(rng.integers(0, max(frames - length, 0) + 1))
    return np.arange(start, min(start + length, frames))


def segment(frames: int, length: int, rng: np.random.Generator) -> np.ndarray:
    """One random frame of each of `length` equal segments."""
    count = min(frames, length)
    edges = np.linspace(0, frames, count + 1)
    first, last = np.floor(edges[:-1]).astype(np.int64), np.ceil(edges[1:]).astype(np.int64)
    found = rng.integers(first, last)
    return np.maximum.accumulate(found)


def evenly(frames: int, length: int, rng: np.random.Generator | None = None) -> np.ndarray:
    """The middle frame of each of `length` equal segments; deterministic."""
    count = min(frames, length)
    return ((np.arange(count) + 0.5) * frames / count).astype(np.int64)


def dense(frames: int, length: int, max_frames: int | None = None) -> list[np.ndarray]:
    """All frames in clips of `length`, the last one shorter; `max_frames` caps them by even spacing, not by cutting."""
    kept = np.arange(frames) if max_frames is None or frames <= max_frames else evenly(frames, max_frames)
    return [kept[start : start + length] for start in range(0, len(kept), length)]


CLIP_SAMPLERS: dict[str, Callable[[int, int, np.random.Generator], np.ndarray]] = {
    "consecutive": consecutive,
    "segment": segment,
    "evenly": evenly,
}
