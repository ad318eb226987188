"""What the outputs of common detection networks mean, told apart by their shape.

Each decoder turns one image's raw output into person candidates: boxes (N, 4) as (x1, y1, x2, y2) in pixels of the
network's input, and scores (N,) of at least `min_score`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from crosscam.base.boxes import cxcywh_to_xyxy

MatchPairs = tuple[NDArray[np.float32], NDArray[np.float32]]
Decoder = Callable[[NDArray, tuple[int, int], int, float], MatchPairs]
STRIDES = (8, 16, 32)
DECODED_FROM = 32.0
"""Raw YOLOX offsets are a few cells at most; positions in pixels reach the size of the input."""


@lru_cache(maxsize=16)
def grid_cells(height: int, width: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Columns and rows (A, 2) and strides (A, 1) of the cells of three levels, row by row, finest level first."""
    cells, strides = [], []
    for stride in STRIDES:
        x, y = np.meshgrid(np.arange(width // stride), np.arange(height // stride))
        cells.append(np.stack([x, y], axis=-1).reshape(-1, 2))
        strides.append(np.full((len(cells[-1]), 1), stride))
    return np.concatenate(cells).astype(np.float32), np.concatenate(strides).astype(np.float32)


def decode_yolox(output: NDArray, shape: tuple[int, int], person: int, min_score: float) -> MatchPairs:
    """(A, 5 + C): centre offsets, log sizes, objectness, class scores (Ge et al., YOLOX, arXiv:2107.08430)."""
    scores = output[:, 4] * output[:, 5 + person]
    kept = np.flatnonzero(scores >= min_score)
    boxes = output[kept, :4].astype(np.float32)
    if np.abs(output[:, :2]).max(initial=0.0) < DECODED_FROM:
        cells, strides = grid_cells(*shape)
        boxes = np.concatenate(
            [(boxes[:, :2] + cells[kept]) * strides[kept], np.exp(boxes[:, 2:]) * strides[kept]], axis=1
        )
    return cxcywh_to_xyxy(boxes), scores[kept]


def decode_yolov8(output: NDArray, shape: tuple[int, int], person: int, min_score: float) -> MatchPairs:
    """(4 + C, A): centre and size in input pixels, class scores, as ultralytics exports YOLOv8 and YOLO11."""
    scores = output[4 + person]
    kept = np.flatnonzero(scores >= min_score)
    return cxcywh_to_xyxy(output[:4, kept].T.astype(np.float32)), scores[kept]


def decode_end_to_end(output: NDArray, shape: tuple[int, int], person: int, min_score: float) -> MatchPairs:
    """(N, 6): corners in input pixels, score, class, as networks without suppression give (YOLOv10, YOLO26)."""
    kept = (output[:, 4] >= min_score) & (output[:, 5].astype(np.int64) == person)
    return output[kept, :4].astype(np.float32), output[kept, 4]


def decode_ssd(output: NDArray, shape: tuple[int, int], person: int, min_score: float) -> MatchPairs:
    """(1, N, 7): image, label, score, corners as shares of the input, as OpenVINO's DetectionOutput gives."""
    rows = output.reshape(-1, 7)
    kept = (rows[:, 0] >= 0) & (rows[:, 2] >= min_score)
    size = np.array([shape[1], shape[0], shape[1], shape[0]], np.float32)
    return rows[kept, 3:] * size, rows[kept, 2]


def find_decoder(output_shape: tuple[int, ...], input_shape: tuple[int, int]) -> Decoder | None:
    """The decoder for one image's output of this shape, or None where no known layout fits."""
    anchors = sum((input_shape[0] // s) * (input_shape[1] // s) for s in STRIDES)
    if len(output_shape) == 3 and output_shape[0] == 1 and output_shape[2] == 7:
        return decode_ssd
    if len(output_shape) != 2:
        return None
    rows, columns = output_shape
    if rows == anchors and columns >= 6:
        return decode_yolox
    if columns == anchors and rows >= 5:
        return decode_yolov8
    return decode_end_to_end if columns == 6 else None
