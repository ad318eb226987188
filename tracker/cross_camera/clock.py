"""Finding how far the clocks of cameras are apart, from people whom calibrated views show at once.

Somebody who walks is in two places if the clocks differ. The offset between two cameras is the shift in time with which
most people of one view have a neighbour in the other one; standing people say nothing and do no harm. Nobody need be
linked, but where people are known only they themselves count as neighbours.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from tracker.cross_camera.cameras import CameraSetup
from tracker.cross_camera.ground import GroundPath, ground_path, places_at
from tracker.cross_camera.registration import registered_paths
from tracker.structures import IntArray, Tracklet

LOGGER = logging.getLogger(__name__)

MAX_OFFSET_S = 2.5
"""Clocks are taken to differ by no more."""

MIN_COMMON_S = 3.0
"""Time in which both views show people that an estimate needs."""

GRID_S = 0.1
"""Steps of time, and of offsets."""

COARSE = 5
"""Every fifth step is tried first, then those around the best."""

MAX_MOMENTS = 150

NEIGHBOUR_M = (0.7, 0.35, 0.35, 0.35)
"""A neighbour so far away counts half, round by round: calibrations err by so much, and by less once drawn together."""

MIN_FIT = 0.25
"""Two views that share people fit by at least this much with the right clocks; others say nothing of their clocks."""

MIN_FIT_GAIN = 0.15
"""Share by which another clock must fit better than the one given; once two clocks differ, the best fit counts."""

JITTER_S = 0.2
"""Smaller differences of clocks are as well those of frames and boxes, and are not told."""


def with_clocks(setup: CameraSetup, tracklets: Sequence[Tracklet]) -> CameraSetup:
    """The same cameras with what a run itself tells of their clocks; as it is where that was found before."""
    if setup.clock_errors_s is not None:
        return setup
    paths = [ground_path(tracklet, setup.ground.get(tracklet.camera_id)) for tracklet in tracklets]
    found = clock_offsets(paths, [tracklet.camera_id for tracklet in tracklets])
    for name, offset in found.items():
        if abs(offset) > JITTER_S:
            LOGGER.warning("the clock of camera %r is off: its people fit those of others %+.1f s later", name, offset)
    return replace(setup, clock_errors_s=found)


def clock_offsets(
    paths: Sequence[GroundPath | None], cameras: Sequence[str], people: Sequence[int] | None = None
) -> dict[str, float]:
    """Seconds to add to each camera's times so that it shows people where the other views show them, by name.

    Floors are drawn together before, so that what a shift in place explains (people who all walk one way) is not taken
    for a clock; the next rounds look closer.

    Args:
        paths: One per tracklet; None where the place is unknown.
        cameras: Name of each tracklet's camera.
        people: Who each tracklet is, if known.

    Returns:
        Offsets relative to most of the cameras that share people; cameras that share nobody are left out.
    """
    total: dict[str, float] = {}
    for round_, neighbour in enumerate(NEIGHBOUR_M):
        moved = registered_paths(shifted_paths(paths, cameras, total), cameras, people)
        found = _offsets(moved, cameras, people, neighbour, total)
        total |= {name: round(total.get(name, 0.0) + offset, 3) for name, offset in found.items()}
        if round_ and not any(found.values()):
            break
    return total


def aligned_paths(
    paths: Sequence[GroundPath | None],
    cameras: Sequence[str],
    offsets_s: Mapping[str, float] | None,
    people: Sequence[int] | None = None,
) -> list[GroundPath | None]:
    """Paths on one clock and on floors that are drawn together.

    Args:
        paths: One per tracklet; None where the place is unknown.
        cameras: Name of each tracklet's camera.
        offsets_s: Seconds to add to cameras' times.
        people: Who each tracklet is, if known.
    """
    return registered_paths(shifted_paths(paths, cameras, offsets_s or {}), cameras, people)


def shifted_paths(
    paths: Sequence[GroundPath | None], cameras: Sequence[str], offsets_s: Mapping[str, float]
) -> list[GroundPath | None]:
    """The same paths on clocks to which their camera's offset is added."""
    return [
        path and GroundPath(path.times_s + offsets_s.get(camera, 0.0), path.places)
        for path, camera in zip(paths, cameras, strict=True)
    ]


@dataclass(frozen=True, eq=False)
class _Slots:
    """What one view shows at each of T moments, in P slots.

    Attributes:
        places: float64 (T, P, 2), in metres; NaN in slots that are not used.
        people: int64 (T, P): who it is; 0 for all where nobody is known.
    """

    places: NDArray[np.float64]
    people: IntArray

    def at(self, moments: IntArray) -> _Slots:
        return _Slots(self.places[moments], self.people[moments])


def _offsets(
    paths: Sequence[GroundPath | None],
    cameras: Sequence[str],
    people: Sequence[int] | None,
    neighbour_m: float,
    before: Mapping[str, float],
) -> dict[str, float]:
    """Offsets of paths to which those of the rounds `before` have been added."""
    views: dict[str, list[tuple[GroundPath, int]]] = {}
    for index, (path, camera) in enumerate(zip(paths, cameras, strict=True)):
        if path is not None:
            views.setdefault(camera, []).append((path, 0 if people is None else people[index]))
    if len(views) < 2:
        return {}
    start = min(path.times_s[0] for held in views.values() for path, _ in held)
    end = max(path.times_s[-1] for held in views.values() for path, _ in held)
    grid = np.arange(start, end, GRID_S)
    slots = {name: _slots(held, grid) for name, held in sorted(views.items())}
    between = {}
    for one, other in combinations(slots, 2):
        min_gain = MIN_FIT_GAIN if before.get(one, 0.0) == before.get(other, 0.0) else 0.0
        found = _pair_offset(slots[one], slots[other], neighbour_m, min_gain)
        if found is not None:
            between[one, other] = found
    return _agreeing(list(slots), between)


def _slots(held: Sequence[tuple[GroundPath, int]], grid: NDArray[np.float64]) -> _Slots:
    """Everybody of one view at the moments of the grid."""
    spans = [np.searchsorted(grid, [path.times_s[0], path.times_s[-1] + 1e-9]) for path, _ in held]
    load = np.zeros(len(grid), np.int64)
    for low, high in spans:
        load[low:high] += 1
    shape = len(grid), max(int(load.max(initial=0)), 1)
    places, people = np.full((*shape, 2), np.nan), np.zeros(shape, np.int64)
    for (path, who), (low, high) in zip(held, spans, strict=True):
        if high > low:
            cells = np.arange(low, high), load[low:high] - 1
            places[cells], people[cells] = places_at(path, grid[low:high]), who
            load[low:high] -= 1
    return _Slots(places, people)


def _pair_offset(one: _Slots, other: _Slots, neighbour_m: float, min_gain: float) -> tuple[float, float] | None:
    """Offset of the second view's clock, and how much better it fits than others; None where it is not clear."""
    reach = round(MAX_OFFSET_S / GRID_S)
    both = np.isfinite(one.places).any(axis=(1, 2)) & np.isfinite(other.places).any(axis=(1, 2))
    moments = np.flatnonzero(both)
    moments = moments[(moments >= reach) & (moments < len(one.places) - reach)]
    if len(moments) * GRID_S < MIN_COMMON_S:
        return None
    moments = moments[:: max(1, len(moments) // MAX_MOMENTS)]
    here = one.at(moments)

    def fit(shift: int) -> float:
        return _fit(here, other.at(moments - shift), neighbour_m)

    coarse = {shift: fit(shift) for shift in range(-reach, reach + 1, COARSE)}
    start = max(coarse, key=lambda shift: (coarse[shift], -abs(shift)))
    near = range(max(start - COARSE, -reach), min(start + COARSE, reach) + 1)
    fits = coarse | {shift: fit(shift) for shift in near if shift not in coarse}
    best = max(fits, key=lambda shift: (fits[shift], -abs(shift)))
    if fits[best] < MIN_FIT:
        return None
    if fits[best] < (1 + min_gain) * fits[0]:
        best = 0
    return best * GRID_S, fits[best] - float(np.median(list(coarse.values())))


def _fit(one: _Slots, other: _Slots, neighbour_m: float) -> float:
    """How near people have a neighbour in the other view, in [0, 1], mean over both views at the same M moments."""
    square = ((one.places[:, :, None] - other.places[:, None]) ** 2).sum(axis=3)  # (M, P, Q)
    square[one.people[:, :, None] != other.people[:, None]] = np.inf
    near = 1 / (1 + np.where(np.isfinite(square), square, np.inf) / neighbour_m**2)
    parts = []
    for places, axis in ((one.places, 2), (other.places, 1)):
        there = np.isfinite(places).all(axis=2)
        parts.append(near.max(axis=axis)[there].mean() if there.any() else 0.0)
    return float(np.mean(parts))


def _agreeing(names: Sequence[str], between: Mapping[tuple[str, str], tuple[float, float]]) -> dict[str, float]:
    """Offset of each camera relative to most of the others, from those between pairs, the surest first."""
    offsets: dict[str, float] = {}
    trust = sorted(between, key=lambda pair: -between[pair][1])
    for root in names:
        if root in offsets:
            continue
        group = {root: 0.0}
        while True:
            edge = next((pair for pair in trust if (pair[0] in group) != (pair[1] in group)), None)
            if edge is None:
                break
            one, other = edge
            if one in group:
                group[other] = group[one] + between[edge][0]
            else:
                group[one] = group[other] - between[edge][0]
        usual = sorted(group.values())[(len(group) - 1) // 2]
        if len(group) > 1:
            offsets |= {name: round(offset - usual, 3) for name, offset in group.items()}
    return offsets
