"""Detections from files: MOT text, or DeepSORT's .npy, whose rows are 10 MOT columns followed by an embedding."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from crosscam.base.boxes import ltwh_to_xyxy
from crosscam.base.errors import DetectionsError
from tracker.detection.options import PartOptions
from tracker.formats.mot import MotRows, read_mot
from tracker.structures import Detections, Frame


class MotFileOptions(PartOptions):
    """Detections from files instead of a network."""

    name: Literal["mot_file"] = "mot_file"
    files: tuple[str, ...] = Field(description="one file per video, in the same order: MOT text or DeepSORT's .npy")
    min_score: float = Field(default=0.1, description="weaker boxes are dropped")


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
            camera: detections_by_frame(read_detections(Path(file)), options.min_score)
            for camera, file in zip(cameras, options.files, strict=True)
        }

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        """The stored detections of each frame, in order."""
        return [self._frames[frame.camera_id].get(frame.index, Detections.empty()) for frame in frames]


def read_detections(file: Path) -> MotRows:
    """Rows of a detections file.

    Raises:
        DetectionsError: Missing, unreadable, of the wrong shape, or with a box that is none.
    """
    rows = read_mot(file, "any")
    flat = np.flatnonzero((rows.ltwh[:, 2:] <= 0).any(axis=1))
    if len(flat):
        _, _, width, height = rows.ltwh[flat[0]]
        raise DetectionsError(
            f"{file}: a box of {width:g} x {height:g} in frame {rows.frames[flat[0]] + 1}; "
            "expected a width and height above 0"
        )
    return rows


def detections_by_frame(rows: MotRows, min_score: float = -np.inf) -> dict[int, Detections]:
    """Frame index from 0 -> its detections, with embeddings of unit length where the rows hold them."""
    kept = np.flatnonzero(rows.scores >= min_score)
    indices, starts = np.unique(rows.frames[kept], return_index=True)
    parts = np.split(kept, starts[1:])
    return {int(i): _to_detections(rows, part) for i, part in zip(indices, parts, strict=True)} if len(kept) else {}


def _to_detections(rows: MotRows, part: NDArray[np.int64]) -> Detections:
    boxes, scores = ltwh_to_xyxy(rows.ltwh[part].astype(np.float32)), np.clip(rows.scores[part], 0, 1)
    if not rows.embeddings.shape[1]:
        return Detections(boxes, scores)
    embeddings = rows.embeddings[part]
    lengths = np.linalg.norm(embeddings, axis=1, keepdims=True)
    return Detections(boxes, scores, embeddings / np.maximum(lengths, 1e-12))
