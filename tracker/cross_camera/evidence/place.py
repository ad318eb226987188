"""Place as evidence: where calibrated cameras see people on the floor.

Two tracklets in view at once are one person when they stand in one place all the time, and certainly two when they
never come near each other. Of two tracklets one after the other, the second must start where the walk of the first
leads. Both are a distribution around the expected place against "anywhere on the floor": a two-dimensional Student t,
since feet behind furniture and tracks that pass from one person to another make distances that no Gaussian allows for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracker.cross_camera.evidence.meetings import Meetings, find_meetings
from tracker.cross_camera.floor.ground_paths import GroundPath
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

VIEW_S = 2.0
"""Places err alike for about this long, so that a meeting is worth one view and one more per so many seconds."""

MAX_VIEWS = 3.0
"""A calibration errs alike all the time, so that a long meeting is worth no more than this."""

MET = -1.0
"""Log-odds, before the place is known, that two people in view of two cameras at once are one, where their
appearance is not known either: the score calibration has the prior in it, which must not count twice."""

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

    def log_odds(self, has_appearance: NDArray[np.bool_], labels: IntArray | None = None) -> NDArray[np.float64]:
        """What place adds to the log-odds of each pair, float64 (P,), within MAX_PLACE_LOG_ODDS.

        Where one tracklet follows another while a third view still shows the person, only that view counts: what
        happened in between was seen, and where a walk might have led is no evidence.

        Args:
            has_appearance: Pairs whose embeddings were compared, bool (P,): the prior is in what was found there.
            labels: Partition of the round before, (N,), or None.
        """
        prior = np.where(has_appearance, 0.0, np.where(self.followed, FOLLOWED, MET))
        odds = MAX_PLACE_LOG_ODDS * np.tanh((self.evidence + prior) / MAX_PLACE_LOG_ODDS)
        return odds if labels is None else np.where(self.followed & self._seen_between(labels), 0.0, odds)

    def _seen_between(self, labels: IntArray) -> NDArray[np.bool_]:
        """Followed pairs between whose tracklets another one of either person was in view all the time, bool (P,)."""
        rows = np.flatnonzero(self.followed)
        first, second = self.pairs[rows].T
        swapped = self.spans[first, 0] > self.spans[second, 0]
        before, after = np.where(swapped, second, first), np.where(swapped, first, second)
        end, start = self.spans[before, 1], self.spans[after, 0]
        stayed = _last_end(self.spans, labels, labels[before], end, inclusive=True) > start
        was_there = _last_end(self.spans, labels, labels[after], end, inclusive=False) >= start
        seen = np.zeros(len(self.pairs), bool)
        seen[rows] = stayed | was_there
        return seen


def _last_end(
    spans: NDArray[np.float64], labels: IntArray, people: IntArray, moments: NDArray[np.float64], inclusive: bool
) -> NDArray[np.float64]:
    """When the last of each person's tracklets ends that began by a moment, float64 (Q,); -inf without one.

    Args:
        spans: Start and end of each tracklet, (N, 2); NaN without a path.
        labels: Person of each, (N,).
        people: (Q,).
        moments: (Q,).
        inclusive: Whether beginning at the moment itself counts.
    """
    known = np.flatnonzero(np.isfinite(spans[:, 0]))
    begins, ends, people_of = spans[known, 0], spans[known, 1], labels[known]
    early, late = begins.min(initial=np.inf) - 1.0, begins.max(initial=-np.inf) + 1.0
    stride = late - early + 1.0 if len(known) else 1.0  # one person's times after the other's, on one axis
    keys = people_of * stride + begins
    order = np.argsort(keys, kind="stable")
    by_end = np.lexsort((ends, people_of))
    rank = np.empty_like(by_end)
    rank[by_end] = np.arange(len(by_end))
    last = by_end[np.maximum.accumulate(rank[order])]
    wanted = people * stride + np.clip(moments, early, late)
    found = np.searchsorted(keys[order], wanted, "right" if inclusive else "left") - 1
    same = (found >= 0) & (people_of[last[found]] == people)
    return np.where(same, ends[last[found]], -np.inf)


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
    meetings = find_meetings(paths, cameras)
    together = meetings.together
    error, area = _ground_error(meetings), _used_floor(paths)
    spread = np.where(together, error, np.hypot(error, WANDER_M_S * meetings.gap_s))
    views = np.where(together, np.minimum(1 + meetings.common_s / VIEW_S, MAX_VIEWS), 1.0)
    evidence = np.nanmean(_log_odds(meetings.apart, spread[:, None], area), axis=1) * views
    nowhere_near = meetings.quantile(FAR_SHARE) > max(FAR * error, FAR_M)
    too_fast = meetings.straight_m > max_speed_m_s * (meetings.gap_s + clock_error_s) + FAR * error
    far = np.where(together, nowhere_near & (meetings.common_s > MIN_FAR_S), too_fast)
    spans = [(np.nan, np.nan) if path is None else (path.times_s[0], path.times_s[-1]) for path in paths]
    return PlaceEvidence(
        meetings.pairs, evidence, meetings.pairs[far], ~together, np.array(spans, np.float64).reshape(-1, 2)
    )


def _log_odds(distance: NDArray[np.float64], spread: NDArray[np.float64], area: float) -> NDArray[np.float64]:
    """Log-odds of a place `distance` from where it is expected, against anywhere on a floor of `area` m².

    The floor ends somewhere: where the spread covers it, one place is as likely as another.
    """
    tail = (FREEDOM / 2 + 1) * np.log1p((distance / spread) ** 2 / FREEDOM)
    return np.log(np.maximum(area / (2 * np.pi * spread**2), 1.0)) - tail


def _ground_error(meetings: Meetings) -> float:
    """Standard deviation, by axis, of the distance between two views of one person: that of mutual nearest pairs."""
    pairs, distance = meetings.pairs[meetings.together], meetings.quantile(0.5)[meetings.together]
    nearest = np.full(int(pairs.max(initial=-1)) + 1, np.inf)
    for side in (0, 1):
        np.minimum.at(nearest, pairs[:, side], distance)
    mutual = distance[(nearest[pairs] == distance[:, None]).all(axis=1) & (distance < 5 * GROUND_ERROR_M)]
    weight = len(mutual) / (len(mutual) + ERROR_WEIGHT)
    found = float(np.median(mutual)) / RAYLEIGH_MEDIAN if len(mutual) else GROUND_ERROR_M
    return float(np.clip(weight * found + (1 - weight) * GROUND_ERROR_M, 0.15, 1.0))


def _used_floor(paths: Sequence[GroundPath | None]) -> float:
    """Floor that people used, in square metres: half of the rectangle around 95 % of their places."""
    known = [path.places for path in paths if path is not None]
    if not known:
        return 1.0
    low, high = np.quantile(np.concatenate(known), [0.025, 0.975], axis=0)
    return float(max(np.prod(high - low) / 2, 5.0))
