"""Pairs of paths that are near in time, and how far apart on the floor they are then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracker.cross_camera.floor.ground_paths import GroundPath, PathTable, following_pairs
from tracker.structures import IntArray

MAX_GAP_S = 6.0
"""After this time out of view the place says little."""

MIN_COMMON_S = 0.3
"""Two tracklets must be in view together for so long before their places are compared."""

STEP_S = 0.2
"""Places are compared at this distance in time, or farther apart where two tracklets are together for long."""

MAX_MOMENTS = 25

HEADING_S = 0.6
"""The walk is taken from this much of the end of a path."""

LINE_S = 2.0
"""Across a gap people are taken to walk on in a line for no longer than this."""

PAIRS_AT_ONCE = 20_000
"""Bounds the memory that places of many pairs take."""


@dataclass(frozen=True, eq=False)
class Meetings:
    """P pairs of paths near in time, sorted.

    Attributes:
        pairs: int64 (P, 2), numbers of the paths, first below second.
        apart: float64 (P, K), distances in metres, each row sorted and filled up with NaN: at moments of a common time,
            or once across a gap, of where both walks lead.
        common_s: float64 (P,), time in view together; 0 for those one after the other.
        gap_s: float64 (P,), time between them.
        straight_m: float64 (P,), across a gap, from where the first was last seen to where the second was first seen.
    """

    pairs: IntArray
    apart: NDArray[np.float64]
    common_s: NDArray[np.float64]
    gap_s: NDArray[np.float64]
    straight_m: NDArray[np.float64]

    @property
    def together(self) -> NDArray[np.bool_]:
        """Pairs in view at once, bool (P,)."""
        return self.common_s > 0

    def quantile(self, share: float) -> NDArray[np.float64]:
        """Distance below which each pair is for this share of its moments, float64 (P,), interpolated linearly."""
        position = share * (np.isfinite(self.apart).sum(axis=1) - 1)
        low = np.floor(position).astype(np.int64)
        rows = np.arange(len(position))
        below, above = self.apart[rows, low], self.apart[rows, np.ceil(position).astype(np.int64)]
        return below + (above - below) * (position - low)


def find_meetings(paths: Sequence[GroundPath | None], cameras: Sequence[str]) -> Meetings:
    """Each pair of paths that is near in time; those together in one camera are two people anyway and left out.

    Args:
        paths: One per tracklet; None where the place is unknown.
        cameras: Name of each tracklet's camera.
    """
    table = PathTable(paths)
    order = np.argsort(table.starts, kind="stable")
    starts, ends = table.starts[order], table.ends[order]
    one, other = following_pairs(np.searchsorted(starts, ends + MAX_GAP_S, side="right"))
    common = np.minimum(ends[one], ends[other]) - starts[other]
    together = common >= MIN_COMMON_S
    views = np.unique(np.asarray(cameras, dtype=str), return_inverse=True)[1][table.index[order]]
    kept = ~(together & (views[one] == views[other]))
    early, late, common, together = order[one[kept]], order[other[kept]], common[kept], together[kept]
    apart = np.full((len(common), MAX_MOMENTS + 1), np.nan)
    apart[together] = _apart_together(table, early[together], late[together], common[together])
    gap = np.where(together, 0.0, np.maximum(-common, 0.0))
    led, straight = _apart_across(paths, table, early, late, gap)
    apart[~together, 0] = led[~together]
    pairs = np.sort(np.column_stack([table.index[early], table.index[late]]), axis=1)
    seen = np.isfinite(apart[:, 0])
    rows = np.flatnonzero(seen)[np.lexsort((pairs[seen, 1], pairs[seen, 0]))]
    return Meetings(pairs[rows], apart[rows], np.where(together, common, 0.0)[rows], gap[rows], straight[rows])


def _apart_together(
    table: PathTable, early: IntArray, late: IntArray, common_s: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Distances at moments of the common time, sorted, float64 (P, K), NaN where there is none."""
    apart = np.full((len(early), MAX_MOMENTS + 1), np.nan)
    for start in range(0, len(early), PAIRS_AT_ONCE):
        part = slice(start, start + PAIRS_AT_ONCE)
        step = np.maximum(STEP_S, common_s[part] / MAX_MOMENTS)[:, None]
        since = np.arange(MAX_MOMENTS + 1) * step
        rows, columns = np.nonzero(since < common_s[part, None] + 1e-9)
        one, other = early[part][rows], late[part][rows]
        moments = table.starts[other] + since[rows, columns]
        apart[part][rows, columns] = np.linalg.norm(table.at(one, moments) - table.at(other, moments), axis=1)
    return np.sort(apart, axis=1)


def _apart_across(
    paths: Sequence[GroundPath | None], table: PathTable, early: IntArray, late: IntArray, gap_s: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Distance between where both walks lead within the gap, and between their ends, float64 (P,) both."""
    known = [path for path in paths if path is not None]
    walks = np.array([[_walk_at(path, last=False), _walk_at(path, last=True)] for path in known])
    walks = walks.reshape(len(table.index), 2, 2, 2)  # (N, start or end, place or velocity, 2)
    (end, leaving), (start, coming) = walks[early, 1].swapaxes(0, 1), walks[late, 0].swapaxes(0, 1)
    # Walks are followed for half of the gap from both sides, and for no longer than people keep to a line.
    reach = (np.minimum(gap_s, LINE_S) / 2)[:, None]
    led = np.linalg.norm(end + leaving * reach - start + coming * reach, axis=1)
    return led, np.linalg.norm(end - start, axis=1)


def _walk_at(path: GroundPath, last: bool) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Place and velocity, in metres and seconds, float64 (2,) both, at the end or at the start of a path."""
    times, places = path.times_s, path.places
    inside = times >= times[-1] - HEADING_S if last else times <= times[0] + HEADING_S
    end = times[-1] if last else times[0]
    times, places = times[inside], places[inside]
    if len(times) < 3 or times[-1] - times[0] < HEADING_S / 2:
        return np.median(places, axis=0), np.zeros(2)
    centred = times - times.mean()
    velocity = (centred @ places) / (centred @ centred)
    return places.mean(axis=0) + velocity * (end - times.mean()), velocity
