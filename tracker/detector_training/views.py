"""Random views of labelled images: scaled, cut and mirrored pieces, alone or as a mosaic of four.

The mosaic is that of Bochkovskiy et al., YOLOv4, arXiv:2004.10934. Departure: every piece is cut to its tile at its own
scale, so that small and large people meet in one image whatever the size of the canvas.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from crosscam.base.boxes import box_area, clip_boxes
from tracker.detection.letterbox import GREY
from tracker.detector_training.packed_images import Sample

MIN_VISIBLE = 0.35
"""Of a person cut by the border, less than this is ignored: too little is left to be called a person or background."""
MIN_HEIGHT_PX = 12.0
"""Smaller people are ignored: one cell of the finest level is 8 pixels."""


def random_view(
    sample: Sample, size: tuple[int, int], long_side: tuple[float, float], rng: np.random.Generator
) -> Sample:
    """A piece of `size` (height, width) of the image scaled to a random long side (pixels, log-uniform) and shape."""
    height, width = sample.image.shape[:2]
    scale = np.exp(rng.uniform(*np.log(long_side))) / max(height, width)
    stretch = np.exp(rng.uniform(-0.15, 0.15))
    scale_x, scale_y = scale * stretch, scale / stretch
    left = _offset(width * scale_x, size[1], rng)
    top = _offset(height * scale_y, size[0], rng)
    mirrored = rng.random() < 0.5
    matrix = np.array([[scale_x, 0, -left], [0, scale_y, -top]], np.float32)
    if mirrored:
        matrix[0] = [-scale_x, 0, size[1] - 1 + left]
    method = cv2.INTER_AREA if scale < 0.6 else cv2.INTER_LINEAR
    image = cv2.warpAffine(sample.image, matrix, size[::-1], flags=method, borderValue=(GREY, GREY, GREY))
    people, cut = visible_boxes(_transform(sample.people, matrix), size)
    ignored, _ = visible_boxes(_transform(sample.ignored, matrix), size, 0.0, 0.0)
    return Sample(image.astype(np.uint8), people, np.concatenate([ignored, cut]))


def mosaic(samples: list[Sample], size: int, long_side: tuple[float, float], rng: np.random.Generator) -> Sample:
    """Four views around a random point of a square canvas of `size` pixels."""
    x, y = (rng.uniform(0.3, 0.7, 2) * size).astype(int)
    canvas = np.empty((size, size, 3), np.uint8)
    people, ignored = [], []
    for sample, (top, bottom), (left, right) in zip(
        samples, ((0, y), (0, y), (y, size), (y, size)), ((0, x), (x, size), (0, x), (x, size)), strict=True
    ):
        view = random_view(sample, (bottom - top, right - left), long_side, rng)
        canvas[top:bottom, left:right] = view.image
        shift = np.array([left, top, left, top], np.float32)
        people.append(view.people + shift)
        ignored.append(view.ignored + shift)
    return Sample(canvas, np.concatenate(people), np.concatenate(ignored))


def visible_boxes(
    boxes: NDArray[np.float32],
    size: tuple[int, int],
    min_visible: float = MIN_VISIBLE,
    min_height_px: float = MIN_HEIGHT_PX,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Boxes cut at the border of (height, width): those of which enough is left, and the rest that still shows."""
    cut = clip_boxes(boxes, size[1], size[0]).astype(np.float32)
    area = box_area(cut)
    shows = area > 4
    enough = shows & (area >= min_visible * box_area(boxes)) & (cut[:, 3] - cut[:, 1] >= min_height_px)
    return cut[enough], cut[shows & ~enough]


def _offset(length: float, window: int, rng: np.random.Generator) -> float:
    """Where a window starts on an axis: anywhere inside, or with the image anywhere inside the window."""
    return rng.uniform(min(length - window, 0), max(length - window, 0))


def _transform(boxes: NDArray[np.float32], matrix: NDArray[np.float32]) -> NDArray[np.float32]:
    """Boxes under an affine map without rotation, (N, 4)."""
    x = boxes[:, [0, 2]] * matrix[0, 0] + matrix[0, 2]
    y = boxes[:, [1, 3]] * matrix[1, 1] + matrix[1, 2]
    return np.stack([x.min(axis=1), y[:, 0], x.max(axis=1), y[:, 1]], axis=1).astype(np.float32)
