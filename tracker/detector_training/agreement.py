"""Labels from two detectors of different families: people where both agree, regions of doubt where only one speaks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crosscam.base.boxes import box_iou
from tracker.structures import Detections

MIN_IOU = 0.5
MIN_SCORE = 0.3
"""Of the surer of the two; weaker agreement is doubt."""
STATIC_IOU, STATIC_SHARE = 0.6, 0.5
"""Something found at the same place in half of a clip's frames is furniture: two detectors can agree on a chair."""
MIN_DOUBT = 0.35
"""A box that only one has is background below this score: furniture must stay in the training as what it is."""


@dataclass(frozen=True, eq=False)
class Agreement:
    """Boxes of one image, float32 (x1, y1, x2, y2) in pixels.

    Attributes:
        people: (N, 4), the first detector's boxes that the second confirms.
        doubtful: (M, 4), boxes that only one has: neither people nor background when training.
    """

    people: NDArray[np.float32]
    doubtful: NDArray[np.float32]


def agreed_boxes(first: Detections, second: Detections) -> Agreement:
    """Pair boxes of two detectors, each box at most once, largest overlap first."""
    overlap = box_iou(first.boxes, second.boxes)  # (N, M)
    pairs = np.argwhere(overlap >= MIN_IOU)
    order = np.argsort(-overlap[tuple(pairs.T)], kind="stable")
    free_first, free_second = np.ones(len(first), bool), np.ones(len(second), bool)
    sure = np.zeros(len(first), bool)
    for row, column in pairs[order]:
        if free_first[row] and free_second[column]:
            free_first[row] = free_second[column] = False
            sure[row] = max(first.scores[row], second.scores[column]) >= MIN_SCORE
    paired = ~free_first & ~sure
    doubtful = np.concatenate(
        [
            first.boxes[paired | (free_first & (first.scores >= MIN_DOUBT))],
            second.boxes[free_second & (second.scores >= MIN_DOUBT)],
        ]
    )
    return Agreement(first.boxes[sure], doubtful)


def without_static(clip: Sequence[Agreement]) -> list[Agreement]:
    """Drop what stays at one place through the frames of a fixed camera: it becomes background."""
    found = [np.concatenate([frame.people, frame.doubtful]) for frame in clip]
    return [Agreement(*(boxes[~_is_static(boxes, found)] for boxes in (f.people, f.doubtful))) for f in clip]


def _is_static(boxes: NDArray[np.float32], found: Sequence[NDArray[np.float32]]) -> NDArray[np.bool_]:
    """Which boxes have a like in at least `STATIC_SHARE` of the frames, bool (N,)."""
    alike = [(box_iou(boxes, others) >= STATIC_IOU).any(axis=1) for others in found]
    return np.mean(alike, axis=0) >= STATIC_SHARE
