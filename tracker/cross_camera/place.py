"""Place as evidence: where calibrated cameras see people on the floor.

Two tracklets in view at once are one person when they stand in one place all the time, and certainly two when they
never come near each other. Of two tracklets one after the other, the second must start where the walk of the first
leads. Both are a distribution around the expected place against "anywhere on the floor": a two-dimensional Student t,
since feet behind furniture and tracks that pass from one person to another make distances that no Gaussian allows for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tracker.cross_camera.constraints import as_pairs
from tracker.cross_camera.ground import GroundPath, places_at
from tracker.structures import IntArray

GROUND_ERROR_M = 0.4
"""Usual distance between two views of one person, standard deviation by axis in metres, before a run tells its own."""

ERROR_WEIGHT = 10.0
"""Pairs of views needed to outweigh that error."""

RAYLEIGH_MEDIAN = 1.177
"""Median of the length of a two-dimensional Gaussian with standard deviation 1."""

FREEDOM = 3.0
"""Degrees of freedom of the Student t: its tails allow for one grossly wrong place in about thirty."""

WANDER_M_S = 0.45
"""How much the place becomes uncertain per second out of view, in metres: people turn and stop."""

MAX_GAP_S = 6.0
"""After this time out of view the place says little."""

STEP_S = 0.2
"""Places are compared at this distance in time, or farther apart where two tracklets are together for long."""

MAX_MOMENTS = 25

MIN_COMMON_S = 0.3
"""Two tracklets must be in view together for so long before their places are compared."""

LOOK_S = 2.0
"""Places err alike for about this long, so that a meeting is worth one look and one more per so many seconds."""

MAX_LOOKS = 3.0
"""A calibration errs alike all the time, so that a long meeting is worth no more than this."""

HEADING_S = 0.6
"""The walk is taken from this much of the end of a path."""

MET = -1.0
"""Log-odds, before the place is known, that two people in view of two cameras at once are one, where no look is known
either: the calibration of looks has the prior in it, which must not count twice."""

FOLLOWED = -2.0
"""The same for one who leaves and one who appears within seconds."""

MAX_PLACE_LOG_ODDS = 8.0
"""The log-odds of a meeting approach this and never reach it: as sure as appearance can be."""

FAR = 8.0
"""Standard deviations of distance at which two people are certainly two."""

FAR_M = 2.0
"""They are at least this far apart, in metres."""

FAR_SHARE = 0.1
"""They may be nearer for this share of the time: tracks change to a neighbour for a moment."""

MIN_FAR_S = 1.0
"""They must be in view together for so long."""


@dataclass(frozen=True, eq=False)
class PlaceEvidence:
    """Pairs that place can judge.

    Attributes:
        pairs: int64 (P, 2), first below second, sorted.
        evidence: float64 (P,), log of how much likelier the places are for one person than for two; no prior.
        cannot_link: int64 (Q, 2): too far apart, or too far for the fastest walker.
        followed: bool (P,): one after the other, not in view together.
        spans: float64 (N, 2): start and end of each path in seconds; NaN without a path.
    """

    pairs: IntArray
    evidence: NDArray[np.float64]
    cannot_link: IntArray
    followed: NDArray[np.bool_]
    spans: NDArray[np.float64]

    def log_odds(self, has_look: NDArray[np.bool_], labels: IntArray | None = None) -> NDArray[np.float64]:
        """What place adds to the log-odds of each pair, float64 (P,), within MAX_PLACE_LOG_ODDS.

        Where one tracklet follows another while a third view still shows the person, only that view counts: what
        happened in between was seen, and where a walk might have led is no evidence.

        Args:
            has_look: Pairs whose looks were compared, bool (P,): the prior is in what was found there.
            labels: Partition of the round before, (N,), or None.
        """
        prior = np.where(has_look, 0.0, np.where(self.followed, FOLLOWED, MET))
        odds = MAX_PLACE_LOG_ODDS * np.tanh((self.evidence + prior) / MAX_PLACE_LOG_ODDS)
        return odds if labels is None else np.where(self.followed & self._seen_between(labels), 0.0, odds)

    def _seen_between(self, labels: IntArray) -> NDArray[np.bool_]:
        members: dict[int, list[int]] = {}
        for index, label in enumerate(labels.tolist()):
            members.setdefault(label, []).append(index)
        seen = np.zeros(len(self.pairs), bool)
        for row in np.flatnonzero(self.followed).tolist():
            a, b = self.pairs[row]
            if self.spans[a, 0] > self.spans[b, 0]:
                a, b = b, a
            end, start = self.spans[a, 1], self.spans[b, 0]
            before, after = self.spans[members[int(labels[a])]], self.spans[members[int(labels[b])]]
            stayed = ((before[:, 0] <= end) & (before[:, 1] > start)).any()
            was_there = ((after[:, 0] < end) & (after[:, 1] >= start)).any()
            seen[row] = stayed or was_there
        return seen


def place_evidence(
    paths: Sequence[GroundPath | None], cameras: Sequence[str], max_speed_m_s: float, clock_error_s: float
) -> PlaceEvidence:
    """Compare all paths that are in view together or shortly after each other.

    Args:
        paths: One per tracklet; None where the place is unknown.
        cameras: Name of each tracklet's camera.
        max_speed_m_s: Nobody is faster.
        clock_error_s: Clocks may differ by this much.
    """
    meetings = _meetings(paths, cameras)
    error = _ground_error(meetings)
    area = _used_floor(paths)
    pairs, values, apart, followed = [], [], [], []
    for pair, meeting in sorted(meetings.items()):
        if meeting.common_s > 0:
            looks = min(1 + meeting.common_s / LOOK_S, MAX_LOOKS)
            value = float(_log_odds(meeting.apart, error, area).mean()) * looks
            nearest = float(np.quantile(meeting.apart, FAR_SHARE))
            far = nearest > max(FAR * error, FAR_M) and meeting.common_s > MIN_FAR_S
        else:
            spread = float(np.hypot(error, WANDER_M_S * meeting.gap_s))
            value = float(_log_odds(meeting.apart, spread, area)[0])
            far = meeting.straight > max_speed_m_s * (meeting.gap_s + clock_error_s) + FAR * error
        pairs.append(pair)
        values.append(value)
        followed.append(meeting.common_s == 0)
        if far:
            apart.append(pair)
    spans = [(np.nan, np.nan) if path is None else (path.times_s[0], path.times_s[-1]) for path in paths]
    return PlaceEvidence(
        as_pairs(pairs),
        np.array(values, np.float64),
        as_pairs(apart),
        np.array(followed, bool),
        np.array(spans, np.float64).reshape(-1, 2),
    )


@dataclass(frozen=True, eq=False)
class _Meeting:
    """Two paths near in time: how far apart, at moments of a common time or once across a gap; metres and seconds."""

    apart: NDArray[np.float64]
    common_s: float
    gap_s: float = 0.0
    straight: float = 0.0


def _meetings(paths: Sequence[GroundPath | None], cameras: Sequence[str]) -> dict[tuple[int, int], _Meeting]:
    """Each pair of paths that is near in time; those together in one camera are two people anyway."""
    walks = {index: _Walk.of(path) for index, path in enumerate(paths) if path is not None}
    active: list[int] = []
    found = {}
    for start, index in sorted((walk.path.times_s[0], index) for index, walk in walks.items()):
        active = [other for other in active if start - walks[other].path.times_s[-1] <= MAX_GAP_S]
        for other in active:
            meeting = _compare(walks[other], walks[index])
            if meeting is not None and not (meeting.common_s > 0 and cameras[index] == cameras[other]):
                found[min(index, other), max(index, other)] = meeting
        active.append(index)
    return found


class _Walk(NamedTuple):
    """A path, with place in metres and velocity in metres per second, float64 (2,) both, where it starts and ends."""

    path: GroundPath
    coming: tuple[NDArray[np.float64], NDArray[np.float64]]
    leaving: tuple[NDArray[np.float64], NDArray[np.float64]]

    @classmethod
    def of(cls, path: GroundPath) -> _Walk:
        return cls(path, _walk_at(path, last=False), _walk_at(path, last=True))


def _compare(early: _Walk, late: _Walk) -> _Meeting | None:
    start_s = late.path.times_s[0]
    common_s = min(early.path.times_s[-1], late.path.times_s[-1]) - start_s
    if common_s >= MIN_COMMON_S:
        moments = start_s + np.arange(0, common_s + 1e-9, max(STEP_S, common_s / MAX_MOMENTS))
        apart = np.linalg.norm(places_at(early.path, moments) - places_at(late.path, moments), axis=1)
        apart = apart[np.isfinite(apart)]
        return _Meeting(apart, float(common_s)) if len(apart) else None
    gap = max(float(-common_s), 0.0)
    (end, leaving), (start, coming) = early.leaving, late.coming
    # Walks are followed for half of the gap from both sides, and for no longer than people keep to a line.
    reach = min(gap, 2.0) / 2
    apart = np.linalg.norm(np.atleast_2d(end + leaving * reach - start + coming * reach), axis=1)
    return _Meeting(apart, 0.0, gap, float(np.linalg.norm(end - start)))


def _walk_at(path: GroundPath, last: bool) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Place and velocity at the end or at the start of a path."""
    times, places = path.times_s, path.places
    inside = times >= times[-1] - HEADING_S if last else times <= times[0] + HEADING_S
    end = times[-1] if last else times[0]
    times, places = times[inside], places[inside]
    if len(times) < 3 or times[-1] - times[0] < HEADING_S / 2:
        return np.median(places, axis=0), np.zeros(2)
    centred = times - times.mean()
    velocity = (centred @ places) / (centred @ centred)
    return places.mean(axis=0) + velocity * (end - times.mean()), velocity


def _log_odds(distance: NDArray[np.float64], spread: float, area: float) -> NDArray[np.float64]:
    """Log-odds of a place `distance` from where it is expected, against anywhere on a floor of `area` m².

    The floor ends somewhere: where the spread covers it, one place is as likely as another.
    """
    tail = (FREEDOM / 2 + 1) * np.log1p((distance / spread) ** 2 / FREEDOM)
    return np.log(max(area / (2 * np.pi * spread**2), 1.0)) - tail


def _ground_error(meetings: dict[tuple[int, int], _Meeting]) -> float:
    """Standard deviation, by axis, of the distance between two views of one person: that of mutual nearest pairs."""
    nearest: dict[int, float] = {}
    together = [(pair, float(np.median(m.apart))) for pair, m in meetings.items() if m.common_s > 0]
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
