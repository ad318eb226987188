"""The floor from above with everybody's path, as one picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

MAX_STRETCH_S = 1.0
"""A path is drawn through gaps of up to twice this time."""

MAP_PX = 900
MARGIN_M = 1.0
PAPER = (250, 250, 250)
LINES = (225, 225, 225)
INK = (90, 90, 90)


class FloorPlace(Protocol):
    """Where one person stood at one moment, such as `cross_camera.floor.fusion.FusedPlace`."""

    @property
    def identity_id(self) -> int:
        """The person."""

    @property
    def time_s(self) -> float:
        """Seconds on the shared clock."""

    @property
    def x_m(self) -> float:
        """First coordinate on the floor, in metres."""

    @property
    def y_m(self) -> float:
        """Second coordinate."""


def draw_top_view(places: Sequence[FloorPlace], color: Callable[[int], tuple[int, int, int]]) -> NDArray[np.uint8]:
    """The floor from above with everybody's path, uint8 (H, W, 3) BGR; a square of the grid is one metre.

    Args:
        places: By identity and time.
        color: BGR colour of an identity identity_id.
    """
    if not places:
        return np.full((MAP_PX // 4, MAP_PX, 3), PAPER, np.uint8)
    points = np.array([(p.x_m, p.y_m) for p in places])
    low, high = np.quantile(points, [0.005, 0.995], axis=0) + np.array([[-MARGIN_M], [MARGIN_M]])
    scale = MAP_PX / float((high - low).max())
    width, height = (int(v) for v in np.ceil((high - low) * scale))
    picture = np.full((height, width, 3), PAPER, np.uint8)

    def pixel(place: NDArray[np.float64]) -> tuple[int, int]:
        x, y = (place - low) * scale
        return int(np.clip(x, -1e6, 1e6)), int(np.clip(height - y, -1e6, 1e6))  # up is the second axis

    step = max(1, int(np.ceil(40 / scale)))
    for axis, limit in ((0, high[0]), (1, high[1])):
        for metre in range(int(np.ceil(low[axis])), int(limit) + 1, step):
            start, end = low.copy(), high.copy()
            start[axis] = end[axis] = metre
            cv2.line(picture, pixel(start), pixel(end), LINES, 1)
    for identity_id in sorted({p.identity_id for p in places}):
        mine = [p for p in places if p.identity_id == identity_id]
        for a, b in pairwise(mine):
            if b.time_s - a.time_s <= 2 * MAX_STRETCH_S:
                ends = (pixel(np.array([a.x_m, a.y_m])), pixel(np.array([b.x_m, b.y_m])))
                cv2.line(picture, *ends, color(identity_id), 2, cv2.LINE_AA)
        last = pixel(np.array([mine[-1].x_m, mine[-1].y_m]))
        cv2.circle(picture, last, 5, color(identity_id), -1, cv2.LINE_AA)
        cv2.putText(
            picture, str(identity_id), (last[0] + 7, last[1] + 5), cv2.FONT_HERSHEY_SIMPLEX, 0.5, INK, 1, cv2.LINE_AA
        )
    label = f"grid: {step} m"
    cv2.putText(picture, label, (8, height - 8), cv2.FONT_HERSHEY_SIMPLEX, 0.45, INK, 1, cv2.LINE_AA)
    return picture
