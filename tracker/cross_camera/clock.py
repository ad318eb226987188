"""Finding how far the clocks of cameras are apart, from people whom two calibrated views show at once.

Somebody who walks is in two places if the clocks differ. The offset between two cameras is the shift in time that
brings the paths of shared people closest together on the floor; standing people say nothing and do no harm.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from tracker.cross_camera.ground import GroundPath, GroundPlane, ground_path, places_at
from tracker.cross_camera.registration import registered_paths
from tracker.structures import Identity

MAX_OFFSET_S = 2.5
STEP_S = 0.05
MIN_COMMON_S = 3.0
"""Time in both views, over all people, that an estimate needs."""

MIN_GAIN = 0.1
"""Share by which the shift must bring the paths closer; less is noise, and the clocks are taken as they are."""

GRID_S = 0.1
"""Steps of time, and of offsets, of views whose people are not linked."""

COARSE = 5
"""Every fifth step is tried first, then those around the best."""

MAX_MOMENTS = 150

NEIGHBOUR_M = (0.7, 0.35, 0.35, 0.35)
"""A neighbour so far away counts half, round by round: calibrations err by so much, and by less once drawn together."""

MIN_FIT = 0.25
"""Two views that share people fit by at least this much with the right clocks; others say nothing of their clocks."""

MIN_FIT_GAIN = 0.15
"""Share by which another clock must fit better than the present one."""


def estimate_clock_offsets(identities: Sequence[Identity], ground: Mapping[str, GroundPlane]) -> dict[str, float]:
    """Seconds to add to each camera's times so that shared people agree.

    Args:
        identities: Linked over cameras, on the present clocks.
        ground: Calibrated cameras by name.

    Returns:
        Offset by camera, 0 for the first of each group of cameras that share people; cameras without shared people
        are left out.
    """
    paths = [
        [(t.camera_id, path) for t in identity.tracklets if (path := ground_path(t, ground.get(t.camera_id)))]
        for identity in identities
    ]
    names = sorted({camera for person in paths for camera, _ in person})
    between: dict[tuple[str, str], float] = {}
    for k, one in enumerate(names):
        for other in names[k + 1 :]:
            shared = [(p, q) for person in paths for a, p in person for b, q in person if (a, b) == (one, other)]
            offset = pair_offset(shared)
            if offset is not None:
                between[one, other] = offset
    return _chain(names, between)


def pair_offset(pairs: Sequence[tuple[GroundPath, GroundPath]]) -> float | None:
    """Seconds to add to the second paths' times to fit the first ones; None with too little in common."""
    shifts = np.arange(-MAX_OFFSET_S, MAX_OFFSET_S + STEP_S / 2, STEP_S)
    distances = np.array([_mean_distance(pairs, shift) for shift in shifts])
    if not np.isfinite(distances).any():
        return None
    best = int(np.nanargmin(distances))
    present = distances[len(shifts) // 2]
    if np.isfinite(present) and distances[best] > (1 - MIN_GAIN) * present:
        return 0.0
    return float(round(shifts[best], 3))


def _mean_distance(pairs: Sequence[tuple[GroundPath, GroundPath]], shift: float) -> float:
    """Mean over time of the distance between paths, the second ones `shift` seconds later; NaN with too little."""
    total, moments = 0.0, 0
    for first, second in pairs:
        low = max(first.times_s[0], second.times_s[0] + shift)
        high = min(first.times_s[-1], second.times_s[-1] + shift)
        if high - low < 0.5:
            continue
        times: NDArray[np.float64] = np.arange(low, high, 0.1)
        apart = np.linalg.norm(places_at(first, times) - places_at(second, times - shift), axis=1)
        apart = apart[np.isfinite(apart)]
        total += float(np.minimum(apart, 3.0).sum())
        moments += len(apart)
    return total / moments if moments * 0.1 >= MIN_COMMON_S else float("nan")


def crowd_offsets(paths: Sequence[GroundPath | None], cameras: Sequence[str]) -> dict[str, float]:
    """Seconds to add to each camera's times so that it shows people where the other views show some, by name.

    Nobody need be linked: with the right clocks everybody who is in both views has a neighbour there. Floors are drawn
    together before, so that what a shift in place explains (people who all walk one way) is not taken for a clock; the
    next rounds look closer.

    Args:
        paths: One per tracklet; None where the place is unknown.
        cameras: Name of each tracklet's camera.
    """
    total: dict[str, float] = {}
    for round_, neighbour in enumerate(NEIGHBOUR_M):
        moved = registered_paths(shifted_paths(paths, cameras, total), cameras)
        found = _crowd_offsets(moved, cameras, neighbour)
        total = {name: round(total.get(name, 0.0) + offset, 3) for name, offset in found.items()}
        if round_ and not any(found.values()):
            break
    return total


def aligned_paths(
    paths: Sequence[GroundPath | None], cameras: Sequence[str], people: Sequence[int] | None = None
) -> tuple[list[GroundPath | None], dict[str, float]]:
    """Paths on one clock and on floors that are drawn together, and the seconds that were added to cameras' times.

    Args:
        paths: One per tracklet; None where the place is unknown.
        cameras: Name of each tracklet's camera.
        people: Who each tracklet is, if known.
    """
    offsets = crowd_offsets(paths, cameras)
    return registered_paths(shifted_paths(paths, cameras, offsets), cameras, people), offsets


def shifted_paths(
    paths: Sequence[GroundPath | None], cameras: Sequence[str], offsets_s: Mapping[str, float]
) -> list[GroundPath | None]:
    """The same paths on clocks to which their camera's offset is added."""
    return [
        path and GroundPath(path.times_s + offsets_s.get(camera, 0.0), path.places)
        for path, camera in zip(paths, cameras, strict=True)
    ]


def _crowd_offsets(paths: Sequence[GroundPath | None], cameras: Sequence[str], neighbour_m: float) -> dict[str, float]:
    views = {
        name: [path for path, camera in zip(paths, cameras, strict=True) if path is not None and camera == name]
        for name in sorted(set(cameras))
    }
    views = {name: held for name, held in views.items() if held}
    if len(views) < 2:
        return {}
    start = min(path.times_s[0] for held in views.values() for path in held)
    end = max(path.times_s[-1] for held in views.values() for path in held)
    grid = np.arange(start, end, GRID_S)
    slots = {name: _slots(held, grid) for name, held in views.items()}
    names = list(slots)
    between = {}
    for k, one in enumerate(names):
        for other in names[k + 1 :]:
            found = _crowd_offset(slots[one], slots[other], neighbour_m)
            if found is not None:
                between[one, other] = found
    return _agreeing(names, between)


def _slots(paths: Sequence[GroundPath], grid: NDArray[np.float64]) -> NDArray[np.float64]:
    """Places of all people of one view at each moment, float64 (T, P, 2), NaN in slots that are not used."""
    spans = [np.searchsorted(grid, [path.times_s[0], path.times_s[-1] + 1e-9]) for path in paths]
    load = np.zeros(len(grid), np.int64)
    for low, high in spans:
        load[low:high] += 1
    table = np.full((len(grid), max(int(load.max(initial=0)), 1), 2), np.nan)
    for path, (low, high) in zip(paths, spans, strict=True):
        if high > low:
            table[np.arange(low, high), load[low:high] - 1] = places_at(path, grid[low:high])
            load[low:high] -= 1
    return table


def _crowd_offset(
    one: NDArray[np.float64], other: NDArray[np.float64], neighbour_m: float
) -> tuple[float, float] | None:
    """Offset of the second view's clock, and how much better it fits than others; None where it is not clear."""
    reach = round(MAX_OFFSET_S / GRID_S)
    both = np.isfinite(one).any(axis=(1, 2)) & np.isfinite(other).any(axis=(1, 2))
    moments = np.flatnonzero(both)
    moments = moments[(moments >= reach) & (moments < len(one) - reach)]
    if len(moments) * GRID_S < MIN_COMMON_S:
        return None
    moments = moments[:: max(1, len(moments) // MAX_MOMENTS)]

    def fit(shift: int) -> float:
        return _fit(one[moments], other[moments - shift], neighbour_m)

    coarse = {shift: fit(shift) for shift in range(-reach, reach + 1, COARSE)}
    start = max(coarse, key=lambda shift: (coarse[shift], -abs(shift)))
    near = range(max(start - COARSE, -reach), min(start + COARSE, reach) + 1)
    fits = coarse | {shift: fit(shift) for shift in near if shift not in coarse}
    best = max(fits, key=lambda shift: (fits[shift], -abs(shift)))
    if fits[best] < MIN_FIT:
        return None
    if fits[best] < (1 + MIN_FIT_GAIN) * fits[0]:
        best = 0
    return best * GRID_S, fits[best] - float(np.median(list(coarse.values())))


def _fit(one: NDArray[np.float64], other: NDArray[np.float64], neighbour_m: float) -> float:
    """How near people have a neighbour in the other view, in [0, 1], mean over both views.

    Places are (M, P, 2) and (M, Q, 2) in metres, NaN in slots that are not used.
    """
    square = ((one[:, :, None] - other[:, None]) ** 2).sum(axis=3)  # (M, P, Q)
    near = 1 / (1 + np.where(np.isfinite(square), square, np.inf) / neighbour_m**2)
    parts = []
    for places, axis in ((one, 2), (other, 1)):
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
        offsets |= {name: round(offset - usual, 3) for name, offset in group.items()}
    return offsets


def _chain(names: Sequence[str], between: Mapping[tuple[str, str], float]) -> dict[str, float]:
    """Offsets relative to the first camera of each connected group."""
    offsets: dict[str, float] = {}
    for root in names:
        if root in offsets or not any(root in pair for pair in between):
            continue
        offsets[root] = 0.0
        waiting = [root]
        while waiting:
            here = waiting.pop()
            for (one, other), offset in between.items():
                if one == here and other not in offsets:
                    offsets[other] = offsets[here] + offset
                    waiting.append(other)
                elif other == here and one not in offsets:
                    offsets[one] = offsets[here] - offset
                    waiting.append(one)
    return offsets
