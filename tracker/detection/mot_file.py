"""Detections from files: MOT text, or DeepSORT's .npy, whose rows are 10 MOT columns followed by an embedding."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from crosscam.base.boxes import ltwh_to_xyxy
from crosscam.base.errors import DetectionsError
from tracker.detection.options import MotFileOptions
from tracker.structures import Detections, Frame

MOT_COLUMNS = 10
MIN_COLUMNS = 7
"""Frame, id, left, top, width, height, score: what a detection needs."""


class MotFileDetector:
    """Hands out stored detections by frame number. Files belong to cameras in the order of the videos.

    Args:
        options: The files and the least score.
        cameras: Camera names in the order of the videos.

    Raises:
        DetectionsError: Not one file per camera, or a malformed file.
    """

    device = "none"

    def __init__(self, options: MotFileOptions, cameras: Sequence[str]) -> None:
        if len(options.files) != len(cameras):
            raise DetectionsError(
                f"got {len(options.files)} detections files for {len(cameras)} videos; expected one per video, in order"
            )
        self._frames = {
            camera: _by_frame(read_detections(Path(file)), options.min_score)
            for camera, file in zip(cameras, options.files, strict=True)
        }

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        """The stored detections of each frame, in order."""
        return [self._frames[frame.camera_id].get(frame.index, Detections.empty()) for frame in frames]


def read_detections(file: Path) -> NDArray[np.float32]:
    """Rows of a detections file, float32 (R, 7 or more): frame from 1, id, left, top, width, height, score, ...

    Raises:
        DetectionsError: Missing, unreadable, of the wrong shape, or with values that are not finite.
    """
    try:
        rows = np.load(file, allow_pickle=False) if file.suffix == ".npy" else _read_text(file)
    except (OSError, ValueError, EOFError) as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise DetectionsError(f"cannot read detections {file}: {reason}") from error
    if rows.size == 0:
        return np.zeros((0, MOT_COLUMNS), np.float32)
    if rows.ndim != 2 or rows.shape[1] < MIN_COLUMNS or rows.dtype.kind not in "fiu":
        raise DetectionsError(
            f"{file}: expected rows of numbers (frame, id, left, top, width, height, score, ...), "
            f"found an array of shape {rows.shape} and type {rows.dtype}"
        )
    rows = rows.astype(np.float32)
    _check_values(file, rows)
    return rows


def _read_text(file: Path) -> NDArray[np.float32]:
    text = file.read_text(encoding="utf-8").strip()
    if not text:
        return np.zeros((0, MOT_COLUMNS), np.float32)
    lines = text.replace(",", " ").splitlines()
    rows = []
    for number, line in enumerate(lines, 1):
        try:
            rows.append([float(value) for value in line.split()])
        except ValueError as error:
            raise ValueError(f"line {number}: {error}") from error
        if len(rows[-1]) != len(rows[0]):
            raise ValueError(f"line {number} has {len(rows[-1])} columns, line 1 has {len(rows[0])}")
    return np.array(rows, np.float32)


def _check_values(file: Path, rows: NDArray[np.float32]) -> None:
    """Raise for the first row that cannot be a detection."""
    problems = {
        "a value that is not finite": ~np.isfinite(rows).all(axis=1),
        "a frame number below 1": rows[:, 0] < 1,
        "a width or height that is not positive": (rows[:, 4:6] <= 0).any(axis=1),
    }
    for problem, where in problems.items():
        if where.any():
            raise DetectionsError(f"{file}: row {int(np.argmax(where)) + 1} has {problem}")


def _by_frame(rows: NDArray[np.float32], min_score: float) -> dict[int, Detections]:
    """Frame index from 0 -> its detections, with embeddings of unit length where the rows hold them."""
    rows = rows[rows[:, 6] >= min_score]
    if len(rows) == 0:
        return {}
    rows = rows[np.argsort(rows[:, 0], kind="stable")]
    numbers, starts = np.unique(rows[:, 0].astype(np.int64), return_index=True)
    parts = np.split(rows, starts[1:])
    return {int(number) - 1: _to_detections(part) for number, part in zip(numbers, parts, strict=True)}


def _to_detections(rows: NDArray[np.float32]) -> Detections:
    scores = np.clip(rows[:, 6], 0, 1)
    if rows.shape[1] <= MOT_COLUMNS:
        return Detections(ltwh_to_xyxy(rows[:, 2:6]), scores)
    embeddings = rows[:, MOT_COLUMNS:]
    lengths = np.linalg.norm(embeddings, axis=1, keepdims=True)
    return Detections(ltwh_to_xyxy(rows[:, 2:6]), scores, embeddings / np.maximum(lengths, 1e-12))
