"""Which person of the ground truth a tracklet follows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from crosscam.base.boxes import box_iou
from tracker.evaluation.mot_data import MotData
from tracker.structures import Tracklet

MIN_IOU = 0.5
MIN_SHARE = 0.6
"""Share of a tracklet's boxes that must lie on one person to give it that name."""


def name_tracklets(tracklets: Sequence[Tracklet], truth: Mapping[str, MotData]) -> NDArray[np.int64]:
    """The person of each tracklet, int64 (N,); -1 where no person has most of its boxes."""
    return np.array([_person(t, truth[t.camera_id]) if t.camera_id in truth else -1 for t in tracklets], np.int64)


def _person(tracklet: Tracklet, truth: MotData) -> int:
    votes: Counter[int] = Counter()
    for frame, box in zip(tracklet.frame_indices.tolist(), tracklet.boxes, strict=True):
        rows = np.flatnonzero((truth.frames == frame + 1) & truth.counted)
        if len(rows):
            overlap = box_iou(box[None], truth.boxes[rows])[0]
            if overlap.max() >= MIN_IOU:
                votes[int(truth.ids[rows[overlap.argmax()]])] += 1
    person, count = votes.most_common(1)[0] if votes else (-1, 0)
    return person if count >= MIN_SHARE * len(tracklet) else -1
