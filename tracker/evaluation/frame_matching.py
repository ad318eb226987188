"""Ground truth against results, frame by frame: overlap, matching, ignore regions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from crosscam.base.boxes import box_iou
from tracker.evaluation.mot_data import MotData

MIN_IOU = 0.5
"""Overlap from which a result is said to show a person, as in MOTChallenge."""


def frame_slices(frames: NDArray[np.int64], wanted: NDArray[np.int64]) -> list[slice]:
    """The rows of each wanted frame, in a column of frames that is in order."""
    starts = np.searchsorted(frames, wanted, side="left")
    ends = np.searchsorted(frames, wanted, side="right")
    return [slice(start, end) for start, end in zip(starts, ends, strict=True)]


def assign(iou: NDArray, bonus: NDArray | float = 0.0) -> tuple[NDArray, NDArray]:
    """The one-to-one matching with the greatest sum of IoU, over pairs that reach `MIN_IOU`.

    Args:
        iou: (G, R).
        bonus: Added to the worth of pairs that reach `MIN_IOU`, broadcast to (G, R).

    Returns:
        Row and column indices of the matched pairs, each (M,).
    """
    allowed = iou >= MIN_IOU - np.finfo(float).eps
    rows, columns = linear_sum_assignment(np.where(allowed, iou + bonus, 0.0), maximize=True)
    good = allowed[rows, columns]
    return rows[good], columns[good]


def drop_ignored(truth: MotData, results: MotData) -> tuple[MotData, MotData]:
    """Remove ignore regions, and the results that are matched to one and to no counted box.

    As MOTChallenge does before scoring: all boxes of the ground truth take part in one matching per frame at IoU 0.5.
    Departure: a result that fits a counted box as well as an ignore region goes to the counted one, so that a person
    who stands in front of a poster is not lost.
    """
    if truth.counted.all():
        return truth, results
    keep = np.ones(len(results), bool)
    frames = np.unique(truth.frames[~truth.counted])
    truth_slices, result_slices = frame_slices(truth.frames, frames), frame_slices(results.frames, frames)
    for of_truth, of_results in zip(truth_slices, result_slices, strict=True):
        counted = truth.counted[of_truth]
        rows, columns = assign(box_iou(truth.boxes[of_truth], results.boxes[of_results]), 10.0 * counted[:, None])
        keep[of_results.start + columns[~counted[rows]]] = False
    return truth[truth.counted], results[keep]


@dataclass(frozen=True, eq=False)
class Matches:
    """Results that show a person of the ground truth, one row each.

    Attributes:
        frames: int64 (M,).
        person_ids: int64 (M,), identities of the ground truth.
        result_ids: int64 (M,).
        boxes: float64 (M, 4), of the result.
    """

    frames: NDArray[np.int64]
    person_ids: NDArray[np.int64]
    result_ids: NDArray[np.int64]
    boxes: NDArray[np.float64]


def match_boxes(truth: MotData, results: MotData) -> Matches:
    """Match results to people, each frame on its own, at IoU 0.5; ignore regions must be gone (`drop_ignored`)."""
    truth_rows, result_rows = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    frames = np.intersect1d(truth.frames, results.frames)
    truth_slices, result_slices = frame_slices(truth.frames, frames), frame_slices(results.frames, frames)
    for of_truth, of_results in zip(truth_slices, result_slices, strict=True):
        rows, columns = assign(box_iou(truth.boxes[of_truth], results.boxes[of_results]))
        truth_rows.append(of_truth.start + rows)
        result_rows.append(of_results.start + columns)
    person, found = np.concatenate(truth_rows), np.concatenate(result_rows)
    return Matches(truth.frames[person], truth.ids[person], results.ids[found], results.boxes[found])
