"""Small people in large frames: detect in overlapping tiles too, and merge what is found with the whole frame's people.

Akyon et al., Slicing Aided Hyper Inference, ICIP 2022, arXiv:2202.06934. Departures: the whole frame always takes part,
and a box that a tile's inner border cuts is dropped at once: whoever it belongs to is whole in the next tile, which
overlaps by more than a small person, or in the whole frame.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from crosscam.base.boxes import xyxy_to_ltwh
from tracker.interfaces import Detector
from tracker.structures import Detections, Frame

OVERLAP = 0.25
"""Least share of a tile that its neighbour covers too; SAHI's own default is 0.2."""
BORDER_PX = 2.0
"""A box that ends this close to a tile's inner border is cut by it, in pixels of the frame."""


class SlicedDetector:
    """Runs a detector on each frame and on its tiles, all in one batch.

    Args:
        detector: What looks at the pieces.
        slice_size: Side of a tile in pixels; a frame no longer than that is not cut.
        max_iou: Of two boxes from different pieces that overlap more, the weaker one is dropped.
    """

    def __init__(self, detector: Detector, slice_size: int, max_iou: float) -> None:
        self._detector, self._slice_size, self._max_iou = detector, slice_size, max_iou
        self.device = detector.device

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        """People in each frame, in order."""
        sizes = [(frame.image.shape[0], frame.image.shape[1]) for frame in frames]
        windows = [tile_windows(height, width, self._slice_size) for height, width in sizes]
        pieces = [cut for frame, tiles in zip(frames, windows, strict=True) for cut in _pieces(frame, tiles)]
        found = iter(self._detector.detect(pieces))
        return [self._merge(frame, tiles, found) for frame, tiles in zip(frames, windows, strict=True)]

    def _merge(self, frame: Frame, windows: NDArray[np.int64], found: Iterator[Detections]) -> Detections:
        """Take the frame's own detections and those of its tiles from the iterator, and drop second boxes."""
        parts = [next(found)]
        if len(windows) == 0:
            return parts[0]
        for window in windows:
            parts.append(_whole_boxes(next(found), window, frame.image.shape[:2]))
        boxes = np.concatenate([part.boxes for part in parts])
        scores = np.concatenate([part.scores for part in parts])
        if len(scores) == 0:
            return Detections.empty()
        kept = cv2.dnn.NMSBoxes(xyxy_to_ltwh(boxes), scores, 0.0, self._max_iou)  # type: ignore[arg-type]
        index = np.asarray(kept, np.int64).ravel()
        return Detections(boxes[index], scores[index])


def tile_windows(height: int, width: int, size: int) -> NDArray[np.int64]:
    """Tiles that cover a frame with the least overlap allowed, evenly spaced.

    Args:
        height: Of the frame, in pixels.
        width: Of the frame, in pixels.
        size: Side of a tile, in pixels.

    Returns:
        int64 (N, 4), (x1, y1, x2, y2); N = 0 where one tile would hold the whole frame.
    """
    if max(height, width) <= size:
        return np.zeros((0, 4), np.int64)
    tall, wide = min(size, height), min(size, width)
    return np.array([(x, y, x + wide, y + tall) for y in _starts(height, size) for x in _starts(width, size)], np.int64)


def _starts(length: int, size: int) -> NDArray[np.int64]:
    """First pixels of tiles along one side."""
    if length <= size:
        return np.zeros(1, np.int64)
    count = int(np.ceil((length - size) / (size * (1 - OVERLAP)))) + 1
    return np.linspace(0, length - size, count).round().astype(np.int64)


def _pieces(frame: Frame, windows: NDArray[np.int64]) -> list[Frame]:
    """The frame and its tiles, which are views of its image."""
    tiles = [frame.image[y1:y2, x1:x2] for x1, y1, x2, y2 in windows]
    return [frame, *(Frame(frame.camera_id, frame.index, frame.time_s, tile) for tile in tiles)]


def _whole_boxes(found: Detections, window: NDArray[np.int64], size: tuple[int, ...]) -> Detections:
    """A tile's detections in pixels of the frame, without those that an inner border cuts."""
    boxes = found.boxes + window[[0, 1, 0, 1]].astype(np.float32)
    # A tile's side is an inner one unless it is the frame's own.
    inner = np.array([window[0] > 0, window[1] > 0, window[2] < size[1], window[3] < size[0]])
    touches = np.abs(boxes - window) <= BORDER_PX  # (N, 4)
    return Detections(boxes, found.scores)[~(touches & inner).any(axis=1)]
