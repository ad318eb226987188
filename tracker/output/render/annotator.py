"""Drawing people into frames: box, number, trail, camera and time. Frame by frame, so that it serves live mode too.

OpenCV and not `supervision`, whose box, label and trace annotators together took 0.95 ms for 9 people at 960x540, a
third of what encoding the frame takes, and whose labels leave the picture.
"""

from __future__ import annotations

from collections import deque
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from tracker.output.render.colors import identity_color, text_color
from tracker.output.render.text import clock_text, paste, text_picture
from tracker.structures import FloatArray, IntArray

TRAIL_GAP_S = 0.5
"""A person not seen for longer starts a new trail, so that no line jumps across the picture."""
SUBPIXEL_BITS = 3
WHITE, BLACK = (255, 255, 255), (0, 0, 0)


class Annotator:
    """Draws one camera's people; keeps their trails from frame to frame.

    Args:
        camera: Name shown in the corner.
        width: Of the frames, in pixels.
        height: Of the frames, in pixels.
        trail_s: How far back the trail goes, in seconds; 0 draws none.
    """

    def __init__(self, camera: str, width: int, height: int, trail_s: float = 1.5) -> None:
        self._trail_s = trail_s
        self._trails: dict[int, deque[tuple[float, float, float]]] = {}
        self._thickness = max(1, round(min(width, height) / 360))
        self._text_px = min(max(round(height / 36), 11), 32)
        self._caption = text_picture(camera, self._text_px, WHITE, BLACK)

    def draw(
        self, image: NDArray[np.uint8], time_s: float, identity_ids: IntArray, boxes: FloatArray, scores: FloatArray
    ) -> NDArray[np.uint8]:
        """Draw into `image`, uint8 (H, W, 3) BGR, and return it.

        Args:
            image: The frame, changed in place.
            time_s: Of the frame, in seconds on the shared clock; later than the one before.
            identity_ids: int64 (M,).
            boxes: float32 (M, 4).
            scores: float32 (M,); a box with score 0 was filled in and is drawn thin.
        """
        ids = identity_ids.tolist()
        corners = np.rint(boxes).astype(np.int64).tolist()
        if self._trail_s > 0:
            self._draw_trails(image, time_s, ids, boxes)
        for identity, (x1, y1, x2, y2), score in zip(ids, corners, scores.tolist(), strict=True):
            thickness = self._thickness + 1 if score > 0 else 1
            cv2.rectangle(image, (x1, y1), (x2, y2), identity_color(identity), thickness)
        for identity, (x1, y1, _, _) in zip(ids, corners, strict=True):  # last, so that no line crosses a number
            label = _label(identity, self._text_px)
            paste(image, label, x1, y1 - label.shape[0])
        paste(image, self._caption, 0, 0)
        paste(image, text_picture(clock_text(time_s), self._text_px, WHITE, BLACK), self._caption.shape[1], 0)
        return image

    def _draw_trails(self, image: NDArray[np.uint8], time_s: float, ids: list[int], boxes: FloatArray) -> None:
        feet = np.stack([(boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 3]], axis=1).tolist()
        for identity, (x, y) in zip(ids, feet, strict=True):
            trail = self._trails.setdefault(identity, deque())
            if trail and time_s - trail[-1][0] > TRAIL_GAP_S:
                trail.clear()
            trail.append((time_s, x, y))
            while trail[0][0] < time_s - self._trail_s:
                trail.popleft()
            if len(trail) > 1:
                points = np.array(trail)[:, 1:] * (1 << SUBPIXEL_BITS)
                color, width = identity_color(identity), self._thickness
                cv2.polylines(image, [points.astype(np.int32)], False, color, width, cv2.LINE_8, SUBPIXEL_BITS)
        for identity in [i for i, trail in self._trails.items() if trail[-1][0] < time_s - TRAIL_GAP_S]:
            del self._trails[identity]


@lru_cache(maxsize=4096)
def _label(identity: int, height_px: int) -> NDArray[np.uint8]:
    """The number on its colour."""
    color = identity_color(identity)
    return text_picture(str(identity), height_px, text_color(color), color)
