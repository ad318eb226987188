"""How good a box's crop is for recognising the person in it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from crosscam.base.box_overlap import overlapping_pairs, shared_area_of_pairs
from crosscam.base.boxes import box_area
from tracker.structures import FloatArray

GOOD_HEIGHT_PX = 64.0
"""From this height on size no longer limits a crop; half the usual input height of a ReID network."""

BORDER_PX = 2.0
"""A box that comes this close to the frame's border is taken to be cut by it, in pixels."""

CUT_FACTOR = 0.5
"""Factor on the quality of a crop that the border cuts."""


def box_quality(boxes: NDArray, scores: NDArray, width: int, height: int) -> FloatArray:
    """Quality of each box among the boxes of its frame: sure, large, not covered, not cut.

    The product of the score's square root (which keeps the order of any detector's scores, and little of their scale),
    the height over GOOD_HEIGHT_PX up to 1, the share not covered by a box that stands in front (its lower border is
    lower), and CUT_FACTOR where the frame cuts the box.

    Args:
        boxes: (N, 4).
        scores: (N,), in [0, 1].
        width: Of the frame, in pixels.
        height: Of the frame, in pixels.

    Returns:
        float32 (N,), in [0, 1].
    """
    cut = (
        (boxes[:, :2] < BORDER_PX).any(axis=1) | (boxes[:, 2] > width - BORDER_PX) | (boxes[:, 3] > height - BORDER_PX)
    )
    quality = plain_quality(boxes, scores) * (1 - occlusion(boxes)) * np.where(cut, CUT_FACTOR, 1.0)
    return quality.astype(np.float32)


def plain_quality(boxes: NDArray, scores: NDArray) -> FloatArray:
    """Quality as far as score and height tell, float32 (N,) in [0, 1]: all that is asked for in every frame."""
    tall = np.minimum((boxes[:, 3] - boxes[:, 1]) / GOOD_HEIGHT_PX, 1)
    return (np.sqrt(np.clip(scores, 0, 1)) * tall).astype(np.float32)


def occlusion(boxes: NDArray) -> FloatArray:
    """The largest share of each box that one box in front of it covers, float32 (N,) in [0, 1].

    The box whose lower border is lower in the image is nearer to the camera, for people on a floor.
    """
    covered = np.zeros(len(boxes), np.float32)
    i, j = overlapping_pairs(boxes, boxes)
    behind = boxes[i, 3] < boxes[j, 3]
    i, j = i[behind], j[behind]
    shared = shared_area_of_pairs(boxes[i], boxes[j])
    np.maximum.at(covered, i, (shared / np.maximum(box_area(boxes)[i], 1e-9)).astype(np.float32))
    return np.clip(covered, 0, 1)
