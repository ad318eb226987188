"""What is wrong with a frame's detections: refused with a clear error, or mended and counted."""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from tracker.single_camera.engine.nested_boxes import nested_boxes
from tracker.structures import Detections, Frame

UNIT_TOLERANCE = 1e-3
"""Embeddings whose length differs from 1 by more are scaled (and counted)."""


def check_time(frame: Frame, previous_s: float | None) -> None:
    """Raise ValueError when time is not a number or runs backwards."""
    if not np.isfinite(frame.time_s):
        raise ValueError(f"camera {frame.camera_id!r} frame {frame.index}: time_s must be finite, got {frame.time_s}")
    if previous_s is not None and frame.time_s < previous_s:
        raise ValueError(
            f"camera {frame.camera_id!r} frame {frame.index}: "
            f"time runs backwards, from {previous_s:.3f} s to {frame.time_s:.3f} s"
        )


def repair_detections(detections: Detections, repairs: Counter[str]) -> tuple[Detections, NDArray[np.int64]]:
    """Leave out or mend rows that no tracker can use; each repair is counted under its name.

    "not_finite": rows whose box or score is NaN or infinite, left out. "empty_box": rows without area, left out.
    "score_range": scores outside [0, 1], clipped. "duplicate": rows with the very box of another row, of which the best
    score stays.

    Returns:
        The usable detections, and their rows in the input, int64.
    """
    boxes, scores = detections.boxes, detections.scores
    rows = np.arange(len(boxes))
    if not len(boxes):
        return detections, rows
    if not (np.isfinite(boxes).all() and np.isfinite(scores).all()):
        finite: NDArray[np.bool_] = np.all(np.isfinite(np.column_stack([boxes, scores])), axis=1, keepdims=False)
        detections, rows = _keep(detections, rows, finite, "not_finite", repairs)
    filled = (detections.boxes[:, 2] > detections.boxes[:, 0]) & (detections.boxes[:, 3] > detections.boxes[:, 1])
    if not filled.all():
        detections, rows = _keep(detections, rows, filled, "empty_box", repairs)
    scores = detections.scores
    if len(scores) and (scores.min() < 0 or scores.max() > 1):
        repairs["score_range"] += int(np.count_nonzero((scores < 0) | (scores > 1)))
        detections = Detections(detections.boxes, np.clip(scores, 0, 1), detections.embeddings)
    return _drop_duplicates(detections, rows, repairs)


def usable_detections(
    detections: Detections, double_cover: float | None, repairs: Counter[str]
) -> tuple[Detections, NDArray[np.int64]]:
    """Detections that are neither broken nor second boxes of one body, and their rows in the input, int64.

    Args:
        detections: Of one frame.
        double_cover: See `nested_boxes`; None keeps second boxes.
        repairs: Counts what was mended or left out, by name.
    """
    detections, rows = repair_detections(detections, repairs)
    if double_cover is None:
        return detections, rows
    nested = nested_boxes(detections.boxes, detections.scores, double_cover)
    return detections[~nested], rows[~nested]


def unit_embeddings(
    embeddings: NDArray, dimension: int, place: str, repairs: Counter[str]
) -> tuple[NDArray, NDArray[np.bool_]]:
    """Embeddings of unit length, and which rows hold one; rows of zeros mean "not embedded".

    "embedding_not_finite" counts rows with NaN, taken as not embedded; "embedding_length" counts rows that were scaled.

    Args:
        embeddings: (N, D).
        dimension: D expected, 0 for any.
        place: Camera and frame for the message.

    Raises:
        ValueError: D is 0 or differs from earlier frames.
    """
    if embeddings.shape[1] == 0 or (dimension and embeddings.shape[1] != dimension):
        wanted = dimension or "at least 1"
        raise ValueError(f"{place}: embeddings must have {wanted} numbers per row, got {embeddings.shape[1]}")
    squares = np.einsum("ij,ij->i", embeddings, embeddings)  # (N,)
    broken = ~np.isfinite(squares)
    if broken.any():
        repairs["embedding_not_finite"] += int(np.count_nonzero(broken))
        embeddings, squares = np.where(broken[:, None], 0, embeddings), np.where(broken, 0, squares)
    embedded = squares > 0
    off = embedded & (np.abs(squares - 1) > 2 * UNIT_TOLERANCE)
    if off.any():
        repairs["embedding_length"] += int(np.count_nonzero(off))
        embeddings = embeddings / np.sqrt(np.where(embedded, squares, 1))[:, None]
    return embeddings.astype(np.float32, copy=False), embedded


def _keep(
    detections: Detections, rows: NDArray[np.int64], kept: NDArray[np.bool_], name: str, repairs: Counter[str]
) -> tuple[Detections, NDArray[np.int64]]:
    repairs[name] += int(np.count_nonzero(~kept))
    return detections[kept], rows[kept]


def _drop_duplicates(
    detections: Detections, rows: NDArray[np.int64], repairs: Counter[str]
) -> tuple[Detections, NDArray[np.int64]]:
    corners = np.sort(detections.boxes[:, 0])
    if not (corners[1:] == corners[:-1]).any():
        return detections, rows  # the usual case, decided by one column
    order = np.lexsort((-detections.scores, *detections.boxes.T))
    again = np.zeros(len(rows), np.bool_)
    again[order[1:]] = (detections.boxes[order[1:]] == detections.boxes[order[:-1]]).all(axis=1)
    if not again.any():
        return detections, rows
    return _keep(detections, rows, ~again, "duplicate", repairs)
