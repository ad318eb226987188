"""Place as evidence: where calibrated cameras see people on the floor.

Two tracklets in view at once are one person when they stand in one place all the time, and certainly two when they
stand far apart. Of two tracklets one after the other, the second must start where the walk of the first leads. Both are
a two-dimensional Gaussian around the expected place against "anywhere on the floor".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracker.cross_camera.constraints import as_pairs
from tracker.cross_camera.ground import GroundPath
from tracker.structures import IntArray

GROUND_ERROR_M = 0.4
"""Usual distance between two views of one person, standard deviation by axis in metres, before a run tells its own."""

ERROR_WEIGHT = 10.0
"""Pairs of views needed to outweigh that error."""

RAYLEIGH_MEDIAN = 1.177
"""Median of the length of a two-dimensional Gaussian with standard deviation 1."""

WANDER_M_S = 0.45
"""How much the place becomes uncertain per second out of view, in metres: people turn and stop."""

MAX_GAP_S = 6.0
"""After this time out of view the place says little."""

STEP_S = 0.2
"""Places are compared at this distance in time."""

MIN_COMMON_S = 0.3
"""Two tracklets must be in view together for so long before their places are compared."""

HEADING_S = 0.6
"""The walk is taken from this much of the end of a path."""

MET = -1.0
"""Log-odds, before the place is known, that two people in view of two cameras at once are one."""

FOLLOWED = -2.0
"""The same for one who leaves and one who appears within seconds."""

MAX_PLACE_LOG_ODDS = 4.0
FAR = 8.0
"""Standard deviations of distance, over the time in common, at which two people are certainly two."""


@dataclass(frozen=True, eq=False)
class PlaceEvidence:
    """Pairs that place can judge.

    Attributes:
        pairs: int64 (P, 2), first below second, sorted.
        log_odds: float64 (P,), without any prior.
        cannot_link: int64 (Q, 2): too far apart, or too far for the fastest walker.
    """

    pairs: IntArray
    log_odds: NDArray[np.float64]
    cannot_link: IntArray


def place_evidence(paths: Sequence[GroundPath | None], max_speed_m_s: float, clock_error_s: float) -> PlaceEvidence:
    """Compare all paths that are in view together or shortly after each other.

    Args:
        paths: One per tracklet; None where the place is unknown.
        max_speed_m_s: Nobody is faster.
        clock_error_s: Clocks may differ by this much.
    """
    meetings = _meetings(paths)
    error = _ground_error(meetings)
    area = _used_floor(paths)
    pairs, values, apart = [], [], []
    for pair, meeting in sorted(meetings.items()):
        if meeting.common_s > 0:
            value = _gaussian_odds(meeting.distance, error, area) + MET
            far = meeting.distance > FAR * error
        else:
            spread = float(np.hypot(error, WANDER_M_S * meeting.gap_s))
            value = _gaussian_odds(meeting.distance, spread, area) + FOLLOWED
            far = meeting.straight > max_speed_m_s * (meeting.gap_s + clock_error_s) + FAR * error
        pairs.append(pair)
        values.append(value)
        if far:
            apart.append(pair)
    odds = np.clip(np.array(values, np.float64), -MAX_PLACE_LOG_ODDS, MAX_PLACE_LOG_ODDS)
    return PlaceEvidence(as_pairs(pairs), odds, as_pairs(apart))


@dataclass(frozen=True)
class _Meeting:
    """Two paths near in time: how far apart, over a common time or across a gap; metres and seconds."""

    distance: float
    common_s: float
    gap_s: float = 0.0
    straight: float = 0.0


def _meetings(paths: Sequence[GroundPath | None]) -> dict[tuple[int, int], _Meeting]:
    """Each pair of paths that is near in time."""
    known = sorted((p.times_s[0], i) for i, p in enumerate(paths) if p is not None)
    active: list[int] = []
    found = {}
    for start, index in known:
        path = _path(paths, index)
        active = [other for other in active if start - _path(paths, other).times_s[-1] <= MAX_GAP_S]
        for other in active:
            meeting = _compare(_path(paths, other), path)
            if meeting is not None:
                found[min(index, other), max(index, other)] = meeting
        active.append(index)
    return found


def _path(paths: Sequence[GroundPath | None], index: int) -> GroundPath:
    path = paths[index]
    assert path is not None
    return path


def _compare(early: GroundPath, late: GroundPath) -> _Meeting | None:
    common_s = min(early.times_s[-1], late.times_s[-1]) - late.times_s[0]
    if common_s >= MIN_COMMON_S:
        moments = np.arange(late.times_s[0], min(early.times_s[-1], late.times_s[-1]) + 1e-9, STEP_S)
        apart = np.linalg.norm(places_at(early, moments) - places_at(late, moments), axis=1)
        return _Meeting(float(np.median(apart)), float(common_s))
    if common_s > 0:
        return None
    gap = float(-common_s)
    end, start = early.places[-1], late.places[0]
    # Walks are followed for half of the gap from both sides, and for no longer than people keep to a line.
    reach = min(gap, 2.0) / 2
    expected = end + heading(early, last=True) * reach
    origin = start - heading(late, last=False) * reach
    return _Meeting(float(np.linalg.norm(expected - origin)), 0.0, gap, float(np.linalg.norm(end - start)))


def places_at(path: GroundPath, moments: NDArray[np.float64]) -> NDArray[np.float64]:
    """Places at the given moments, interpolated, float64 (M, 2)."""
    return np.column_stack([np.interp(moments, path.times_s, path.places[:, axis]) for axis in (0, 1)])


def heading(path: GroundPath, last: bool) -> NDArray[np.float64]:
    """Velocity in metres per second, float64 (2,), at the end or at the start of a path."""
    times, places = path.times_s, path.places
    inside = times >= times[-1] - HEADING_S if last else times <= times[0] + HEADING_S
    times, places = times[inside], places[inside]
    if len(times) < 3 or times[-1] - times[0] < HEADING_S / 2:
        return np.zeros(2)
    centred = times - times.mean()
    return (centred @ places) / (centred @ centred)


def _gaussian_odds(distance: float, spread: float, area: float) -> float:
    """Log-odds of a place `distance` from where it is expected, against anywhere on a floor of `area` m²."""
    return float(np.log(area / (2 * np.pi * spread**2)) - 0.5 * (distance / spread) ** 2)


def _ground_error(meetings: dict[tuple[int, int], _Meeting]) -> float:
    """Standard deviation, by axis, of the distance between two views of one person: that of mutual nearest pairs."""
    nearest: dict[int, float] = {}
    together = [(pair, m.distance) for pair, m in meetings.items() if m.common_s > 0]
    for pair, distance in together:
        for index in pair:
            nearest[index] = min(distance, nearest.get(index, np.inf))
    mutual = [d for (a, b), d in together if d == nearest[a] == nearest[b] and d < 5 * GROUND_ERROR_M]
    weight = len(mutual) / (len(mutual) + ERROR_WEIGHT)
    found = float(np.median(mutual)) / RAYLEIGH_MEDIAN if mutual else GROUND_ERROR_M
    return float(np.clip(weight * found + (1 - weight) * GROUND_ERROR_M, 0.15, 1.0))


def _used_floor(paths: Sequence[GroundPath | None]) -> float:
    """Floor that people used, in square metres: half of the rectangle around 95 % of their places."""
    known = [path.places for path in paths if path is not None]
    if not known:
        return 1.0
    low, high = np.quantile(np.concatenate(known), [0.025, 0.975], axis=0)
    return float(max(np.prod(high - low) / 2, 5.0))
