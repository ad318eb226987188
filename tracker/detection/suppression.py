"""From many overlapping candidates to detections in pixels of the frame."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from crosscam.base.boxes import clip_boxes, xyxy_to_ltwh
from tracker.structures import Detections

MAX_CANDIDATES = 2000
"""Only the best of this many candidates are compared with each other, so that noise cannot make a frame slow."""


def to_detections(boxes: NDArray, scores: NDArray, scale: float, size: tuple[int, int], max_iou: float) -> Detections:
    """Scale candidates back to the frame, drop the weaker of two that overlap, cut at the borders.

    Args:
        boxes: (N, 4), (x1, y1, x2, y2) in pixels of the network's input.
        scores: (N,), already above the minimum.
        scale: From frame to input pixels.
        size: (height, width) of the frame.
        max_iou: Greedy non-maximum suppression: of two boxes that overlap more, the weaker one goes.

    Returns:
        Detections in pixels of the frame, best score first.
    """
    if len(scores) == 0:
        return Detections.empty()
    if len(scores) > MAX_CANDIDATES:
        best = np.argpartition(-scores, MAX_CANDIDATES)[:MAX_CANDIDATES]
        boxes, scores = boxes[best], scores[best]
    boxes = (boxes / scale).astype(np.float32)
    kept = np.asarray(cv2.dnn.NMSBoxes(xyxy_to_ltwh(boxes), scores.astype(np.float32), 0.0, max_iou), np.int64)  # type: ignore[arg-type]
    kept = kept.ravel()
    boxes = clip_boxes(boxes[kept], size[1], size[0])
    visible = (boxes[:, 2] - boxes[:, 0] > 1) & (boxes[:, 3] - boxes[:, 1] > 1)
    return Detections(boxes[visible], np.clip(scores[kept][visible], 0, 1).astype(np.float32))
