"""Drawing the floors of calibrated cameras together: what a calibration leaves over, taken from the run itself.

Two calibrations of one floor never agree to the centimetre, and a box ends at the toes that are nearest to its camera:
two opposite views place one person 0.2 to 0.8 m apart, always in the same direction. People whom two views show in one
place at one time tell that shift; it is a small affine change of each camera's floor. Corresponding places are mutual
nearest neighbours at one moment, found again with each better estimate (Besl and McKay, A Method for Registration of
3-D Shapes, TPAMI 1992; robust weights after Fitzgibbon, Robust Registration of 2D and 3D Point Sets, 2003). Departure:
all cameras are solved at once, their mean stays where it is, and without evidence nothing moves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crosscam.base.ragged_arrays import expand, rank_among_equals
from tracker.cross_camera.floor.ground_paths import GroundPath, PathTable, following_pairs
from tracker.structures import IntArray

STEP_S = 0.5
"""Views are compared at this distance in time, in which a walker's place changes by more than the jitter of boxes."""

MAX_VIEW_PAIRS = 3000
"""Moments of pairs of views that are compared; more cost time and say nothing new."""

MAX_DISTANCES = 1_000_000
"""Distances that are computed at once: bounds the memory where views show crowds."""

GATES_M = (2.0, 1.5, 1.0, 1.0)
"""Nearest places farther apart are not taken for one person, round by round."""

SHIFT_M = 0.5
"""Usual shift of a calibration, standard deviation in metres."""

STRETCH = 0.1
"""Usual stretching or turning: metres of error per metre of floor."""

NOISE_M = 0.4
"""Distance at which two places agree only half: feet of one person jitter, and some neighbours are two people."""

STEPS_PER_LOOK = 4.0
"""Neighbouring moments err alike: so many of them count for one."""

FIXED = 1e6
"""Weight that holds the mean of all cameras in its place."""


@dataclass(frozen=True, eq=False)
class FloorCorrections:
    """Affine corrections of the floors of several cameras.

    Attributes:
        centre: float64 (2,), middle of the used floor, in metres.
        scale: Metres from there to the usual place.
        change: float64 (C, 3, 2): metres added to a place [1, (place - centre) / scale] of each camera.
    """

    centre: NDArray[np.float64]
    scale: float
    change: NDArray[np.float64]

    def __call__(self, cameras: IntArray | int, places: NDArray[np.float64]) -> NDArray[np.float64]:
        """Corrected places in metres, float64 (V, P, 2), of V views; or (P, 2) of one.

        Args:
            cameras: Camera number of each view, (V,).
            places: In metres, (V, P, 2).
        """
        return places + self._terms(places) @ self.change[cameras]

    def _terms(self, places: NDArray[np.float64]) -> NDArray[np.float64]:
        scaled = (places - self.centre) / self.scale
        return np.concatenate([np.ones((*scaled.shape[:-1], 1)), scaled], axis=-1)


@dataclass(frozen=True, eq=False)
class Matches:
    """Places that two views show of one person at one moment.

    Attributes:
        cameras: int64 (M, 2), camera numbers.
        first: float64 (M, 2), the place in the first camera.
        second: float64 (M, 2), in the second one.
    """

    cameras: IntArray
    first: NDArray[np.float64]
    second: NDArray[np.float64]


def registered_paths(
    paths: Sequence[GroundPath | None], cameras: Sequence[str], people: Sequence[int] | None = None
) -> list[GroundPath | None]:
    """The same paths on floors that are drawn together.

    Args:
        paths: One per tracklet; None where the place is unknown.
        cameras: Name of each tracklet's camera.
        people: Who each tracklet is, if known: only places of one person are then compared.
    """
    numbers = np.unique(np.asarray(cameras, dtype=str), return_inverse=True)[1]
    corrections = estimate_corrections(paths, numbers, people)
    if corrections is None:
        return list(paths)
    return [
        None if path is None else GroundPath(path.times_s, corrections(int(camera), path.places))
        for path, camera in zip(paths, numbers, strict=True)
    ]


def estimate_corrections(
    paths: Sequence[GroundPath | None], cameras: IntArray, people: Sequence[int] | None = None
) -> FloorCorrections | None:
    """Corrections of all cameras, or None where no two views show anybody in one place.

    Args:
        paths: N paths or None.
        cameras: Camera number of each, from 0, int64 (N,).
        people: Who each is, if known.
    """
    views = _views(paths, cameras, people)
    if not len(views.pairs):
        return None
    everywhere = views.places[views.pairs].reshape(-1, 2)
    everywhere = everywhere[np.isfinite(everywhere[:, 0])]
    centre = np.median(everywhere, axis=0)
    scale = max(float(np.median(np.linalg.norm(everywhere - centre, axis=1))), 1.0)
    found = FloorCorrections(centre, scale, np.zeros((int(cameras.max()) + 1, 3, 2)))
    for gate in GATES_M:
        matches = _matches(views, found, gate)
        if not len(matches.first):
            return None
        found = _solve(matches, found)
    return found


@dataclass(frozen=True, eq=False)
class _Views:
    """What cameras show at single moments, in P slots each.

    Attributes:
        cameras: Camera number of each of V views, int64 (V,).
        places: float64 (V, P, 2), in metres; NaN in slots that are not used.
        people: Who stands there, int64 (V, P); 0 for all where nobody is known.
        pairs: Views of one moment, int64 (W, 2).
    """

    cameras: IntArray
    places: NDArray[np.float64]
    people: IntArray
    pairs: IntArray


def _views(paths: Sequence[GroundPath | None], cameras: IntArray, people: Sequence[int] | None) -> _Views:
    """The views at moments that more than one camera shows, spread evenly over the run."""
    table = PathTable(paths)
    rows, steps = _steps(table)
    count = int(cameras.max(initial=0)) + 1
    chosen = np.isin(steps, _shared_steps(np.unique(steps * count + cameras[table.index[rows]]) // count))
    rows, steps = rows[chosen], steps[chosen]
    places = table.at(rows, steps.astype(np.float64) * STEP_S)
    seen = np.isfinite(places[:, 0])
    rows, steps, places = rows[seen], steps[seen], places[seen]
    views, view = np.unique(steps * count + cameras[table.index[rows]], return_inverse=True)
    slot = rank_among_equals(view)
    shape = len(views), int(slot.max(initial=-1)) + 1
    shown, who = np.full((*shape, 2), np.nan), np.zeros(shape, np.int64)
    shown[view, slot] = places
    if people is not None:
        who[view, slot] = np.asarray(people, np.int64)[table.index[rows]]
    moments = views // count
    pairs = following_pairs(np.searchsorted(moments, moments, side="right"))
    return _Views(views % count, shown, who, np.column_stack(pairs))


def _steps(table: PathTable) -> tuple[IntArray, IntArray]:
    """Every row of the table with each step of time within it, int64 (R,) both."""
    first = np.ceil(table.starts / STEP_S).astype(np.int64)
    rows, within = expand(np.trunc(table.ends / STEP_S).astype(np.int64) + 1 - first)
    return rows, first[rows] + within


def _shared_steps(steps: IntArray) -> IntArray:
    """Steps with more than one view, thinned to about MAX_VIEW_PAIRS pairs of views; `steps` has one entry per view."""
    shared, views = np.unique(steps, return_counts=True)
    shared, views = shared[views > 1], views[views > 1]
    pairs = int((views * (views - 1) // 2).sum())
    return shared[:: max(1, int(np.ceil(pairs / MAX_VIEW_PAIRS)))]


def _matches(views: _Views, corrections: FloorCorrections, gate: float) -> Matches:
    """Mutual nearest places nearer than `gate` metres after correction, as they were before it."""
    corrected = corrections(views.cameras, views.places)
    found = []
    at_once = max(1, MAX_DISTANCES // max(corrected.shape[1] ** 2, 1))
    for start in range(0, len(views.pairs), at_once):
        one, other = views.pairs[start : start + at_once].T
        apart = np.linalg.norm(corrected[one][:, :, None] - corrected[other][:, None], axis=3)  # (W, P, P)
        apart[(views.people[one][:, :, None] != views.people[other][:, None]) | np.isnan(apart)] = np.inf
        nearest, back = apart.argmin(axis=2), apart.argmin(axis=1)
        mutual = np.take_along_axis(back, nearest, axis=1) == np.arange(apart.shape[1])
        pair, here = np.nonzero(mutual & (apart.min(axis=2) < gate))
        there = nearest[pair, here]
        found.append(
            (
                views.cameras[np.column_stack([one[pair], other[pair]])],
                views.places[one[pair], here],
                views.places[other[pair], there],
            )
        )
    return Matches(*(np.concatenate(part) for part in zip(*found, strict=True)))


def _solve(matches: Matches, before: FloorCorrections, rounds: int = 5) -> FloorCorrections:
    """Reweighted least squares of all cameras' corrections at once."""
    count, rows = len(before.change), np.arange(len(matches.first))
    ours, theirs = before._terms(matches.first), before._terms(matches.second)  # (M, 3)
    blocks = np.zeros((len(rows), count, 3))
    blocks[rows, matches.cameras[:, 0]] += ours
    blocks[rows, matches.cameras[:, 1]] -= theirs
    design = blocks.reshape(len(rows), -1)  # (M, 3C)
    gap = matches.second - matches.first
    usual = np.array([SHIFT_M, STRETCH * before.scale, STRETCH * before.scale])
    held = np.diag(np.tile(usual**-2.0, count))
    held += FIXED * np.kron(np.ones((count, count)), np.eye(3))
    change = before.change.reshape(-1, 2)
    for _ in range(rounds):
        left = np.linalg.norm(gap - design @ change, axis=1)
        weight = 1 / (STEPS_PER_LOOK * NOISE_M**2 * (1 + (left / NOISE_M) ** 2))
        change = np.linalg.solve(design.T @ (weight[:, None] * design) + held, design.T @ (weight[:, None] * gap))
    return FloorCorrections(before.centre, before.scale, change.reshape(count, 3, 2))
