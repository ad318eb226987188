"""People and ignored regions frame by frame, from the ground truth of a MOTChallenge sequence."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tracker.formats.mot import read_mot

PEDESTRIAN = 1
CLASSES = range(1, 14)
"""Of MOT16, MOT17 and MOT20; column 8 of older files is a position in metres, or -1."""


@dataclass(frozen=True, eq=False)
class FrameTruth:
    """Boxes of one frame, float32 (N, 4) and (M, 4), (x1, y1, x2, y2) in pixels of the ground truth."""

    people: NDArray[np.float32]
    ignored: NDArray[np.float32]


def read_frame_truth(file: Path, min_visibility: float = 0.0, min_height_px: float = 0.0) -> dict[int, FrameTruth]:
    """Read a gt.txt.

    Rows with 0 in column 7, of other classes than pedestrian, seen less than `min_visibility` (where the file tells) or
    smaller than `min_height_px` are ignored regions.

    Returns:
        Frame number, from 1 -> its boxes; frames without rows are absent.

    Raises:
        DetectionsError: The file is missing or malformed.
    """
    rows = read_mot(file, "any")
    counted = (rows.scores != 0) & (rows.ltwh[:, 3] >= min_height_px)
    if len(rows) and np.isin(rows.classes, CLASSES).all():
        counted &= (rows.classes == PEDESTRIAN) & (rows.visibility >= min_visibility)
    boxes = rows.boxes
    truth = {}
    for index in np.unique(rows.frames):
        here = rows.frames == index
        truth[int(index) + 1] = FrameTruth(boxes[here & counted], boxes[here & ~counted])
    return truth


def no_truth() -> FrameTruth:
    """A frame in which nobody is."""
    return FrameTruth(np.zeros((0, 4), np.float32), np.zeros((0, 4), np.float32))
