"""Which boxes overlap, found without comparing every box with every other in a crowd, and by how much."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from crosscam.base.boxes import MIN_AREA
from crosscam.base.ragged_arrays import Index, expand

FloatArray = NDArray[np.float32]

DENSE_PAIRS = 60_000
"""Up to this many pairs comparing all is quicker than the sweep (measured)."""

MAX_BANDS = 1000
"""The image is cut into at most this many bands, so that one huge box among tiny ones cannot exhaust memory."""

MIN_SIDE = 1e-3
"""Boxes without extent are sorted as if they had this side, in pixels."""


def overlapping_pairs(a: NDArray, b: NDArray) -> tuple[Index, Index]:
    """All pairs of boxes that share some area.

    Args:
        a: (M, 4) boxes.
        b: (N, 4) boxes.

    Returns:
        Indices into `a` and into `b`, int64 (P,) each; no pair twice.
    """
    if len(a) * len(b) <= DENSE_PAIRS:
        return _compare_all(a, b)
    return _sweep_by_size(a, b)


def grow_boxes(boxes: NDArray, share: float) -> NDArray:
    """Boxes whose sides are 1 + 2 * `share` times as long (Yang et al., C-BIoU, WACV 2023)."""
    margin = (boxes[:, 2:] - boxes[:, :2]) * np.float32(share)
    return np.concatenate([boxes[:, :2] - margin, boxes[:, 2:] + margin], axis=1)


def overlap_of_pairs(a: NDArray, b: NDArray) -> tuple[FloatArray, FloatArray]:
    """Intersection over union of boxes a[i] and b[i], and of their vertical extents, (P,) each; they must overlap."""
    shared = np.minimum(a[:, 2:], b[:, 2:]) - np.maximum(a[:, :2], b[:, :2])
    a_sides, b_sides = a[:, 2:] - a[:, :2], b[:, 2:] - b[:, :2]
    area = shared[:, 0] * shared[:, 1]
    union = a_sides[:, 0] * a_sides[:, 1] + b_sides[:, 0] * b_sides[:, 1] - area
    heights = shared[:, 1] / (a_sides[:, 1] + b_sides[:, 1] - shared[:, 1])
    return area / np.maximum(union, MIN_AREA), heights


def shared_area_of_pairs(a: NDArray, b: NDArray) -> NDArray:
    """Area that boxes a[i] and b[i] share, (P,); they must overlap."""
    return (np.minimum(a[:, 2:], b[:, 2:]) - np.maximum(a[:, :2], b[:, :2])).prod(axis=1)


def _compare_all(a: NDArray, b: NDArray) -> tuple[Index, Index]:
    touching = a[:, None, 0] < b[:, 2]  # (M, N)
    touching &= a[:, None, 2] > b[:, 0]
    touching &= a[:, None, 1] < b[:, 3]
    touching &= a[:, None, 3] > b[:, 1]
    rows, cols = touching.nonzero()
    return rows, cols


def _sweep_by_size(a: NDArray, b: NDArray) -> tuple[Index, Index]:
    """Sweep over the boxes `b` of each size apart, a factor of two in their longer side: no box is far from typical."""
    level = np.floor(np.log2(np.maximum((b[:, 2:] - b[:, :2]).max(axis=1), MIN_SIDE)))
    found = []
    for size in np.unique(level):
        members = np.flatnonzero(level == size)
        rows, cols = _sweep(a, b[members])
        found.append((rows, members[cols]))
    return np.concatenate([rows for rows, _ in found]), np.concatenate([cols for _, cols in found])


def _sweep(a: NDArray, b: NDArray) -> tuple[Index, Index]:
    """Cut the image into bands as high as the highest box of `b`, and sort each band's boxes by their left side.

    Every box of `b` is in the one band of its upper side. A box of `a` looks into the bands where an overlapping box
    may begin, from as far left as the widest box reaches; cost grows with neighbours, not with M times N.
    """
    a, b = a.astype(np.float64), b.astype(np.float64)
    origin = b[:, :2].min(axis=0)
    a, b = a - np.tile(origin, 2), b - np.tile(origin, 2)
    widest, highest = (b[:, 2:] - b[:, :2]).max(axis=0)
    band = max(highest, b[:, 1].max() / MAX_BANDS, 1e-6)
    bands = int(b[:, 1].max() / band) + 1
    span = b[:, 0].max() + 1.0  # left sides are in [0, span)
    key = np.floor(b[:, 1] / band) * span + b[:, 0]
    order = np.argsort(key)
    key = key[order]
    first = np.clip(np.floor((a[:, 1] - highest) / band), 0, bands).astype(np.int64)
    last = np.clip(np.floor(a[:, 3] / band), -1, bands - 1).astype(np.int64)
    row, looked = expand(last - first + 1)
    start = (first[row] + looked) * span
    low = np.searchsorted(key, start + np.clip(a[row, 0] - widest, 0, span), side="left")
    high = np.searchsorted(key, start + np.clip(a[row, 2], 0, span), side="left")
    pair, offset = expand(high - low)
    i, j = row[pair], order[low[pair] + offset]
    left_top, right_bottom = np.maximum(a[i, :2], b[j, :2]), np.minimum(a[i, 2:], b[j, 2:])
    inside = (left_top[:, 0] < right_bottom[:, 0]) & (left_top[:, 1] < right_bottom[:, 1])
    return i[inside], j[inside]
