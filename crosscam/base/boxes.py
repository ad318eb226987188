"""Box formats, overlap and crops: pure functions on arrays. Boxes are (x1, y1, x2, y2) in pixels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

MIN_AREA = 1e-9
"""Keeps divisions by the area of an empty box finite, in square pixels."""


def xyxy_to_ltwh(boxes: NDArray) -> NDArray:
    """(x1, y1, x2, y2) to (left, top, width, height), (..., 4)."""
    return np.concatenate([boxes[..., :2], boxes[..., 2:] - boxes[..., :2]], axis=-1)


def ltwh_to_xyxy(boxes: NDArray) -> NDArray:
    """(left, top, width, height) to (x1, y1, x2, y2), (..., 4)."""
    return np.concatenate([boxes[..., :2], boxes[..., :2] + boxes[..., 2:]], axis=-1)


def cxcywh_to_xyxy(boxes: NDArray) -> NDArray:
    """(centre x, centre y, width, height) to (x1, y1, x2, y2), (..., 4)."""
    half = boxes[..., 2:] / 2
    return np.concatenate([boxes[..., :2] - half, boxes[..., :2] + half], axis=-1)


def box_area(boxes: NDArray) -> NDArray:
    """Area in square pixels, (..., 4) -> (...); 0 where a box is turned inside out."""
    return np.clip(boxes[..., 2] - boxes[..., 0], 0, None) * np.clip(boxes[..., 3] - boxes[..., 1], 0, None)


def intersection_area(a: NDArray, b: NDArray) -> NDArray:
    """Area shared by each pair of boxes, (M, 4) and (N, 4) -> (M, N)."""
    width = np.minimum(a[:, None, 2], b[None, :, 2]) - np.maximum(a[:, None, 0], b[None, :, 0])
    height = np.minimum(a[:, None, 3], b[None, :, 3]) - np.maximum(a[:, None, 1], b[None, :, 1])
    return np.clip(width, 0, None) * np.clip(height, 0, None)  # (M, N)


def box_iou(a: NDArray, b: NDArray) -> NDArray:
    """Intersection over union of each pair of boxes, in [0, 1], (M, 4) and (N, 4) -> (M, N)."""
    shared = intersection_area(a, b)
    union = box_area(a)[:, None] + box_area(b)[None, :] - shared
    return shared / np.maximum(union, MIN_AREA)


def clip_boxes(boxes: NDArray, width: int, height: int) -> NDArray:
    """The boxes cut at the borders of a frame of `width` x `height` pixels, (N, 4)."""
    limits = np.array([width, height, width, height], boxes.dtype)
    return np.clip(boxes, 0, limits)


def crop_boxes(image: NDArray[np.uint8], boxes: NDArray) -> Sequence[NDArray[np.uint8]]:
    """Cut each box out of an image (views, not copies).

    Args:
        image: uint8 (H, W, 3), BGR.
        boxes: (N, 4) in pixels; parts outside the frame are cut off.

    Returns:
        N images of at least 1 x 1 pixels, uint8 (h, w, 3).
    """
    height, width = image.shape[:2]
    corners = np.empty((len(boxes), 4), np.int64)
    corners[:, 0] = np.clip(np.floor(boxes[:, 0]), 0, width - 1)
    corners[:, 1] = np.clip(np.floor(boxes[:, 1]), 0, height - 1)
    corners[:, 2] = np.clip(np.ceil(boxes[:, 2]), corners[:, 0] + 1, width)
    corners[:, 3] = np.clip(np.ceil(boxes[:, 3]), corners[:, 1] + 1, height)
    return [image[y1:y2, x1:x2] for x1, y1, x2, y2 in corners]
