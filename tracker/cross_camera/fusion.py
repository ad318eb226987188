"""One place per person and moment, from all calibrated cameras that see them, and a picture of the floor from above."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from tracker.cross_camera.ground import GroundPlane, ground_path
from tracker.cross_camera.place import places_at
from tracker.structures import Identity

STEP_S = 0.2
"""Distance in time of the fused places."""

MAX_STRETCH_S = 1.0
"""A camera counts at a moment when it saw the person's feet within this time before and after."""

SMOOTH_S = 0.6
"""Places are averaged over this time, against the jitter of boxes."""

MAP_PX = 900
MARGIN_M = 1.0
PAPER = (250, 250, 250)
LINES = (225, 225, 225)
INK = (90, 90, 90)


@dataclass(frozen=True)
class FusedPlace:
    """Where one person stood at one moment.

    Attributes:
        identity_id: The person.
        time_s: Seconds on the shared clock.
        x_m: First coordinate on the floor, in metres.
        y_m: Second coordinate.
        cameras: The cameras that saw it, in order of name.
        spread_m: Largest distance of one camera's place from the fused one; 0 with one camera.
    """

    identity_id: int
    time_s: float
    x_m: float
    y_m: float
    cameras: tuple[str, ...]
    spread_m: float


def fuse_places(identities: Sequence[Identity], ground: Mapping[str, GroundPlane]) -> list[FusedPlace]:
    """Places of all identities in steps of STEP_S, by identity and time; the median over the cameras at each moment."""
    return [place for identity in identities for place in _fuse(identity, ground)]


def _fuse(identity: Identity, ground: Mapping[str, GroundPlane]) -> list[FusedPlace]:
    seen: dict[int, dict[str, NDArray[np.float64]]] = {}
    for tracklet in identity.tracklets:
        path = ground_path(tracklet, ground.get(tracklet.camera_id))
        if path is None:
            continue
        steps = np.arange(int(np.ceil(path.times_s[0] / STEP_S)), int(path.times_s[-1] / STEP_S) + 1)
        moments = steps * STEP_S
        after = np.clip(np.searchsorted(path.times_s, moments), 0, len(path.times_s) - 1)
        near = path.times_s[after] - path.times_s[np.maximum(after - 1, 0)] <= 2 * MAX_STRETCH_S
        window = moments[:, None] + np.linspace(-SMOOTH_S / 2, SMOOTH_S / 2, 5)  # (M, 5)
        places = places_at(path, window.ravel()).reshape(len(moments), -1, 2).mean(axis=1)
        for step, place, usable in zip(steps.tolist(), places, near.tolist(), strict=True):
            if usable:
                seen.setdefault(step, {})[tracklet.camera_id] = place
    fused = []
    for step in sorted(seen):
        views = np.stack(list(seen[step].values()))
        x, y = np.median(views, axis=0)
        spread = float(np.linalg.norm(views - [x, y], axis=1).max()) if len(views) > 1 else 0.0
        cameras = tuple(sorted(seen[step]))
        fused.append(FusedPlace(identity.identity_id, step * STEP_S, float(x), float(y), cameras, spread))
    return fused


def draw_top_view(places: Sequence[FusedPlace], color: Callable[[int], tuple[int, int, int]]) -> NDArray[np.uint8]:
    """The floor from above with everybody's path, uint8 (H, W, 3) BGR; a square of the grid is one metre.

    Args:
        places: From `fuse_places`.
        color: BGR colour of an identity number.
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
    for number in sorted({p.identity_id for p in places}):
        mine = [p for p in places if p.identity_id == number]
        for a, b in pairwise(mine):
            if b.time_s - a.time_s <= 2 * MAX_STRETCH_S:
                ends = (pixel(np.array([a.x_m, a.y_m])), pixel(np.array([b.x_m, b.y_m])))
                cv2.line(picture, *ends, color(number), 2, cv2.LINE_AA)
        last = pixel(np.array([mine[-1].x_m, mine[-1].y_m]))
        cv2.circle(picture, last, 5, color(number), -1, cv2.LINE_AA)
        cv2.putText(
            picture, str(number), (last[0] + 7, last[1] + 5), cv2.FONT_HERSHEY_SIMPLEX, 0.5, INK, 1, cv2.LINE_AA
        )
    label = f"grid: {step} m"
    cv2.putText(picture, label, (8, height - 8), cv2.FONT_HERSHEY_SIMPLEX, 0.45, INK, 1, cv2.LINE_AA)
    return picture
