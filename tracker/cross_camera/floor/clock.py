"""Finding how far the clocks of cameras are apart, from people whom calibrated views show at once.

Somebody who walks is in two places if the clocks differ. The offset between two cameras is the shift in time with which
most people of one view have a neighbour in the other one; standing people say nothing and do no harm. Nobody need be
linked, but where people are known only they themselves count as neighbours.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np

from tracker.cross_camera.floor.cameras import CameraSetup
from tracker.cross_camera.floor.clock_fit import GRID_S, MIN_FIT_GAIN, pair_offset, view_slots
from tracker.cross_camera.floor.ground_paths import GroundPath, ground_path
from tracker.cross_camera.floor.registration import registered_paths
from tracker.structures import Tracklet

LOGGER = logging.getLogger(__name__)

NEIGHBOUR_M = (0.7, 0.35, 0.35, 0.35)
"""A neighbour so far away counts half, round by round: calibrations err by so much, and by less once drawn together."""

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
    paths: Sequence[GroundPath | None],
    cameras: Sequence[str],
    people: Sequence[int] | None = None,
    guess_s: Mapping[str, float] | None = None,
) -> dict[str, float]:
    """Seconds to add to each camera's times so that it shows people where the other views show them, by name.

    Floors are drawn together before, so that what a shift in place explains (people who all walk one way) is not taken
    for a clock; the next rounds look closer.

    Args:
        paths: One per tracklet; None where the place is unknown.
        cameras: Name of each tracklet's camera.
        people: Who each tracklet is, if known.
        guess_s: Offsets to begin with, by name.

    Returns:
        Offsets relative to most of the cameras that share people; cameras that share nobody are left out.
    """
    total = dict(guess_s or {})
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
    slots = {name: view_slots(held, grid) for name, held in sorted(views.items())}
    between = {}
    for one, other in combinations(slots, 2):
        min_gain = MIN_FIT_GAIN if before.get(one, 0.0) == before.get(other, 0.0) else 0.0
        found = pair_offset(slots[one], slots[other], neighbour_m, min_gain)
        if found is not None:
            between[one, other] = found
    return agreeing_offsets(list(slots), between)


def agreeing_offsets(names: Sequence[str], between: Mapping[tuple[str, str], tuple[float, float]]) -> dict[str, float]:
    """Offset of each camera relative to most of the others, by name; cameras of no pair are left out.

    Args:
        names: The cameras.
        between: By pair: seconds to add to the second one's times, and how sure that is; the surest count first.
    """
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
