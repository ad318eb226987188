"""The offset between the clocks of two views: the shift in time with which their people fit best on the floor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crosscam.base.ragged_arrays import expand, rank_among_equals
from tracker.cross_camera.floor.ground_paths import GroundPath, PathTable
from tracker.structures import IntArray

MAX_OFFSET_S = 2.5
"""Clocks are taken to differ by no more."""

MIN_COMMON_S = 3.0
"""Time in which both views show people that an estimate needs."""

GRID_S = 0.1
"""Steps of time, and of offsets."""

COARSE = 5
"""Every fifth step is tried first, then those around the best."""

MAX_MOMENTS = 150

MIN_FIT = 0.25
"""Two views that share people fit by at least this much with the right clocks; others say nothing of their clocks."""

MIN_FIT_GAIN = 0.15
"""Share by which another clock must fit better than the one given; once two clocks differ, the best fit counts."""


@dataclass(frozen=True, eq=False)
class ViewSlots:
    """What one view shows at each of T moments, in P slots.

    Attributes:
        places: float64 (T, P, 2), in metres; NaN in slots that are not used.
        people: int64 (T, P): who it is; 0 for all where nobody is known.
    """

    places: NDArray[np.float64]
    people: IntArray

    def at(self, moments: IntArray) -> ViewSlots:
        return ViewSlots(self.places[moments], self.people[moments])


def view_slots(held: Sequence[tuple[GroundPath, int]], grid: NDArray[np.float64]) -> ViewSlots:
    """Everybody of one view at the moments of the grid."""
    table = PathTable([path for path, _ in held])
    first = np.searchsorted(grid, table.starts)
    rows, within = expand(np.searchsorted(grid, table.ends + 1e-9) - first)
    moments = first[rows] + within
    slots = rank_among_equals(moments)
    shape = len(grid), max(int(slots.max(initial=-1)) + 1, 1)
    places, people = np.full((*shape, 2), np.nan), np.zeros(shape, np.int64)
    places[moments, slots] = table.at(rows, grid[moments])
    people[moments, slots] = np.array([who for _, who in held], np.int64)[rows]
    return ViewSlots(places, people)


def pair_offset(one: ViewSlots, other: ViewSlots, neighbour_m: float, min_gain: float) -> tuple[float, float] | None:
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
    if fits[best] < MIN_FIT or abs(best) == reach:  # at the end of what was tried the right one may lie beyond
        return None
    if fits[best] < (1 + min_gain) * fits[0]:
        best = 0
    return best * GRID_S, fits[best] - float(np.median(list(coarse.values())))


def _fit(one: ViewSlots, other: ViewSlots, neighbour_m: float) -> float:
    """How near people have a neighbour in the other view, in [0, 1], mean over both views at the same M moments."""
    square = ((one.places[:, :, None] - other.places[:, None]) ** 2).sum(axis=3)  # (M, P, Q)
    square[one.people[:, :, None] != other.people[:, None]] = np.inf
    near = 1 / (1 + np.where(np.isfinite(square), square, np.inf) / neighbour_m**2)
    parts = []
    for places, axis in ((one.places, 2), (other.places, 1)):
        there = np.isfinite(places).all(axis=2)
        parts.append(near.max(axis=axis)[there].mean() if there.any() else 0.0)
    return float(np.mean(parts))
