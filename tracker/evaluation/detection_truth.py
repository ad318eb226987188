"""People and ignored regions frame by frame, from the ground truth of a MOTChallenge sequence."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from crosscam.base.boxes import ltwh_to_xyxy
from crosscam.base.errors import DetectionsError

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
    try:
        rows = np.loadtxt(file, delimiter=",", ndmin=2, dtype=np.float32)
    except (OSError, ValueError) as error:
        raise DetectionsError(f"cannot read ground truth {file}: {str(error).splitlines()[0]}") from error
    if rows.size and rows.shape[1] < 7:
        raise DetectionsError(f"{file}: rows of {rows.shape[1]} columns, expected at least 7")
    rows = rows.reshape(-1, max(rows.shape[1], 7))
    boxes, counted = ltwh_to_xyxy(rows[:, 2:6]), (rows[:, 6] != 0) & (rows[:, 5] >= min_height_px)
    if rows.shape[1] >= 9 and np.isin(rows[:, 7], CLASSES).all():
        counted &= (rows[:, 7] == PEDESTRIAN) & (rows[:, 8] >= min_visibility)
    truth = {}
    for frame in np.unique(rows[:, 0]):
        here = rows[:, 0] == frame
        truth[int(frame)] = FrameTruth(boxes[here & counted], boxes[here & ~counted])
    return truth


def no_truth() -> FrameTruth:
    """A frame in which nobody is."""
    return FrameTruth(np.zeros((0, 4), np.float32), np.zeros((0, 4), np.float32))
