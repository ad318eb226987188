"""One place per person and moment, from all calibrated cameras that see them, and a picture of the floor from above."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from tracker.cross_camera.floor.cameras import CameraSetup
from tracker.cross_camera.floor.clock import aligned_paths, with_clocks
from tracker.cross_camera.floor.ground_paths import GroundPath, PathTable, ground_path
from tracker.structures import Identity

STEP_S = 0.2
"""Distance in time of the fused places."""

MAX_STRETCH_S = 1.0
"""A path is drawn through gaps of up to twice this time."""

MAX_APART_M = 0.5
"""Of three cameras or more, one that is farther from the median does not count: jitter and calibration err by less."""

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
        cameras: The cameras that saw it and agree, in order of name.
        spread_m: Largest distance of one camera's place from the fused one; 0 with one camera.
    """

    identity_id: int
    time_s: float
    x_m: float
    y_m: float
    cameras: tuple[str, ...]
    spread_m: float


def fuse_places(identities: Sequence[Identity], setup: CameraSetup) -> list[FusedPlace]:
    """Places of all identities in steps of STEP_S, by identity and time; the median over the cameras at each moment.

    The cameras' clocks and floors are drawn together first, as for linking (see `clock` and `registration`).
    """
    tracklets = [(identity, tracklet) for identity in identities for tracklet in identity.tracklets]
    setup = with_clocks(setup, [tracklet for _, tracklet in tracklets])
    paths = [ground_path(tracklet, setup.ground.get(tracklet.camera_id)) for _, tracklet in tracklets]
    cameras = [tracklet.camera_id for _, tracklet in tracklets]
    people = [identity.identity_id for identity, _ in tracklets]
    paths = aligned_paths(paths, cameras, setup.clock_errors_s, people)
    seen: dict[int, list[tuple[str, GroundPath]]] = {identity.identity_id: [] for identity in identities}
    for (identity, tracklet), path in zip(tracklets, paths, strict=True):
        if path is not None:
            seen[identity.identity_id].append((tracklet.camera_id, path))
    return [place for identity_id, views in seen.items() for place in _fuse(identity_id, views)]


def _fuse(identity_id: int, views: Sequence[tuple[str, GroundPath]]) -> list[FusedPlace]:
    """Places of one person from the paths of several cameras."""
    seen: dict[int, dict[str, NDArray[np.float64]]] = {}
    table = PathTable([path for _, path in views])
    for row, (camera, path) in enumerate(views):
        steps = np.arange(int(np.ceil(path.times_s[0] / STEP_S)), int(path.times_s[-1] / STEP_S) + 1)
        moments = steps * STEP_S
        window = moments[:, None] + np.linspace(-SMOOTH_S / 2, SMOOTH_S / 2, 5)  # (M, 5)
        places = table.at(row, window.ravel()).reshape(len(moments), -1, 2).mean(axis=1)
        for step, place in zip(steps.tolist(), places, strict=True):
            if np.isfinite(place).all():
                seen.setdefault(step, {})[camera] = place
    fused = []
    for step in sorted(seen):
        place, cameras, spread = _agreed(seen[step])
        fused.append(FusedPlace(identity_id, step * STEP_S, float(place[0]), float(place[1]), cameras, spread))
    return fused


def _agreed(seen: Mapping[str, NDArray[np.float64]]) -> tuple[NDArray[np.float64], tuple[str, ...], float]:
    """The place that the cameras agree on, float64 (2,), which cameras those are, and how far they are from it.

    Of three cameras and more, one that stands apart from the median does not count: it sees no feet but the edge of a
    table, or another person.
    """
    names = sorted(seen)
    places = np.stack([seen[name] for name in names])
    apart = np.linalg.norm(places - np.median(places, axis=0), axis=1)
    agree = apart <= max(MAX_APART_M, float(np.median(apart))) if len(names) > 2 else np.ones(len(names), bool)
    place = np.median(places[agree], axis=0)
    spread = float(np.linalg.norm(places[agree] - place, axis=1).max())
    return place, tuple(name for name, counts in zip(names, agree.tolist(), strict=True) if counts), spread


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
