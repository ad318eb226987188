"""Crops of people whom the frame's border cuts: filled up, so that each body part lies where ReID networks expect it.

Stretched to the network's input, the legs' rows of somebody who is cut at the hips hold the hips. Filling up gives
back a part of what a cut costs (benchmarks/reid/cut_people.py). Leaving the parts that saw fill out of comparisons
added one to two points of mAP more, which is too little for a mask beside every embedding.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from crosscam.base.boxes import crop_boxes

BODY_ASPECT = 2.5
"""Height over width of a whole walking person's box; 2.0 to 3.6 for nine of ten in MOTChallenge ground truth."""
MAX_SHARE = 0.75
"""A box is taken for cut when it shows less of a body of that aspect; above, wide and slender people are mistaken."""
MIN_SHARE = 0.2
BORDER_PX, BORDER_SHARE = 2.0, 0.01
"""A box touches a border that lies this near, in pixels or as a share of the frame's side, whichever is more."""
FILL = 114
"""Grey; the level that detectors use for letterboxes."""


def body_crops(image: NDArray[np.uint8], boxes: NDArray) -> list[NDArray[np.uint8]]:
    """Cut each box out of an image; people cut by its border are filled up with grey to a whole body.

    Args:
        image: uint8 (H, W, 3), BGR.
        boxes: (N, 4) in pixels.

    Returns:
        N images, uint8 (h, w, 3).
    """
    crops = crop_boxes(image, boxes)
    margins = missing_margins(boxes, image.shape[1], image.shape[0]).tolist()
    return [_filled(crop, *margin) if any(margin) else crop for crop, margin in zip(crops, margins, strict=True)]


def _filled(image: NDArray[np.uint8], above: int, below: int, left: int, right: int) -> NDArray[np.uint8]:
    value = (FILL, FILL, FILL)
    return cv2.copyMakeBorder(image, above, below, left, right, cv2.BORDER_CONSTANT, value=value)  # type: ignore[return-value]


def missing_margins(boxes: NDArray, width: int, height: int) -> NDArray[np.int64]:
    """What lies outside the frame of each box's person, judged by the border it touches and by its shape.

    A box that touches exactly one border is cut there if too little of a body of BODY_ASPECT is left; in a corner, or
    from border to border, its shape does not tell what is missing.

    Args:
        boxes: (N, 4) in pixels.
        width: Of the frame, in pixels.
        height: Of the frame, in pixels.

    Returns:
        Pixels missing above, below, left and right, int64 (N, 4).
    """
    boxes = np.asarray(boxes, np.float64).reshape(-1, 4)
    near_x, near_y = max(BORDER_PX, BORDER_SHARE * width), max(BORDER_PX, BORDER_SHARE * height)
    touches = np.column_stack(
        [boxes[:, 1] <= near_y, boxes[:, 3] >= height - near_y, boxes[:, 0] <= near_x, boxes[:, 2] >= width - near_x]
    )
    inside = np.clip(boxes, 0, [width, height, width, height])
    seen_x, seen_y = np.maximum(inside[:, 2:] - inside[:, :2], 1.0).T
    seen = np.column_stack([seen_y, seen_y, seen_x, seen_x])
    whole = np.column_stack([BODY_ASPECT * seen_x] * 2 + [seen_y / BODY_ASPECT] * 2)  # (N, 4)
    is_cut = touches & (touches.sum(axis=1, keepdims=True) == 1) & (seen < MAX_SHARE * whole)
    return np.where(is_cut, np.rint(np.minimum(whole, seen / MIN_SHARE) - seen), 0).astype(np.int64)
