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
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from tracker.cross_camera.ground import GroundPath, places_at
from tracker.structures import IntArray

STEP_S = 0.5
"""Views are compared at this distance in time, in which a walker's place changes by more than the jitter of boxes."""

MAX_VIEW_PAIRS = 3000
"""Moments of pairs of views that are compared; more cost time and say nothing new."""

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

    def __call__(self, camera: int, places: NDArray[np.float64]) -> NDArray[np.float64]:
        """Corrected places of one camera by number, float64 (N, 2) in metres."""
        return places + self._terms(places) @ self.change[camera]

    def _terms(self, places: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack([np.ones(len(places)), (places - self.centre) / self.scale])


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
    views = _views(paths, cameras, None if people is None else np.asarray(people, np.int64))
    if not views:
        return None
    everywhere = np.concatenate([places for first, second in views for places in (first.places, second.places)])
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
class _View:
    """What one camera shows at one moment: camera number, places (P, 2), and who stands there (P,), -1 if unknown."""

    camera: int
    places: NDArray[np.float64]
    people: IntArray


def _views(paths: Sequence[GroundPath | None], cameras: IntArray, people: IntArray | None) -> list[tuple[_View, _View]]:
    """Pairs of views of one moment, at moments spread evenly over the run."""
    moments: dict[int, dict[int, list[tuple[NDArray[np.float64], int]]]] = {
        step: {} for step in _shared_steps(paths, cameras)
    }
    for index, path in enumerate(paths):
        steps = [] if path is None else [step for step in _steps(path) if step in moments]
        if path is None or not steps:
            continue
        for step, place in zip(steps, places_at(path, np.array(steps) * STEP_S), strict=True):
            if np.isfinite(place).all():
                who = -1 if people is None else int(people[index])
                moments[step].setdefault(int(cameras[index]), []).append((place, who))
    found = []
    for views in moments.values():
        shown = [
            _View(camera, np.stack([place for place, _ in held]), np.array([who for _, who in held]))
            for camera, held in sorted(views.items())
        ]
        found += list(combinations(shown, 2))
    return found


def _steps(path: GroundPath) -> range:
    return range(int(np.ceil(path.times_s[0] / STEP_S)), int(path.times_s[-1] / STEP_S) + 1)


def _shared_steps(paths: Sequence[GroundPath | None], cameras: IntArray) -> list[int]:
    """Steps of time with people in more than one view, thinned to about MAX_VIEW_PAIRS pairs of views."""
    seen: dict[int, set[int]] = {}
    for path, camera in zip(paths, cameras.tolist(), strict=True):
        for step in [] if path is None else _steps(path):
            seen.setdefault(step, set()).add(camera)
    shared = sorted(step for step, names in seen.items() if len(names) > 1)
    pairs = sum(len(seen[step]) * (len(seen[step]) - 1) // 2 for step in shared)
    return shared[:: max(1, int(np.ceil(pairs / MAX_VIEW_PAIRS)))]


def _matches(views: Sequence[tuple[_View, _View]], corrections: FloorCorrections, gate: float) -> Matches:
    """Mutual nearest places nearer than `gate` metres after correction, as they were before it."""
    cameras, first, second = [], [], []
    for one, other in views:
        here, there = corrections(one.camera, one.places), corrections(other.camera, other.places)
        apart = np.linalg.norm(here[:, None] - there[None], axis=2)  # (P, Q)
        apart[one.people[:, None] != other.people[None]] = np.inf
        nearest = apart.argmin(axis=1)
        rows = np.arange(len(here))
        mutual = (apart.argmin(axis=0)[nearest] == rows) & (apart[rows, nearest] < gate)
        first.append(one.places[mutual])
        second.append(other.places[nearest[mutual]])
        cameras.append(np.tile([one.camera, other.camera], (int(mutual.sum()), 1)))
    return Matches(np.concatenate(cameras), np.concatenate(first), np.concatenate(second))


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
