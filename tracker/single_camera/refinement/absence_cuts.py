"""Cut a tracklet where nobody was seen for a while in plain view: one person left, and another one took the track over.

How well a camera sees a place is learned from the run itself: how long people were detected there, and how long they
were missed. Who is hidden by somebody else, or passes where others are missed as well (a dark doorway, a pillar), may
stay unseen for long; in the open a second tells.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter

from crosscam.base.boxes import box_area
from crosscam.base.ragged_arrays import expand
from tracker.single_camera.refinement.options import AbsenceOptions
from tracker.single_camera.refinement.split import cut_tracklet
from tracker.structures import Tracklet

CELL_HEIGHTS = 0.33
"""Side of a cell of the image, in median box heights; a place is a cell with its eight neighbours."""

UNKNOWN_S = 1.0
"""A place counts as if people had been missed there for this long, in seconds, so that few passers-by prove little."""

MISS_S = 0.25
"""Misses in a row have one cause for about this long, in seconds; those farther apart are independent."""

HIDDEN_SHARE = 0.3
"""Somebody is hidden if other boxes cover at least this share of where they would be."""


class PlainView:
    """Where one camera sees people, and when somebody was in the way.

    Args:
        tracklets: Of the camera, as tracked: each box was detected.
    """

    def __init__(self, tracklets: Sequence[Tracklet]) -> None:
        frames = np.concatenate([t.frame_indices for t in tracklets])
        boxes = np.concatenate([t.boxes for t in tracklets]).astype(np.float64)
        times = np.concatenate([t.times_s for t in tracklets])
        order = np.argsort(frames, kind="stable")
        self._frames, self._boxes = frames[order], boxes[order]
        self._frame_s = _frame_period(frames, times)
        self._side = max(CELL_HEIGHTS * float(np.median(boxes[:, 3] - boxes[:, 1])), 1.0)
        centres = (boxes[:, :2] + boxes[:, 2:]) / 2
        self._origin = centres.min(axis=0)
        self._shape = tuple(((np.ptp(centres, axis=0)) // self._side).astype(int) + 1)
        missed = [_missing(t, gap, t, gap + 1) for t in tracklets for gap in _gaps(t, 0.0)]
        empty = np.zeros(0, np.int64), np.zeros((0, 4))
        missed_frames, missed_boxes = (np.concatenate(part) for part in zip(empty, *missed, strict=True))
        seen_s = self._seconds_per_place(centres)
        missed_s = self._seconds_per_place(self._visible(missed_frames, missed_boxes))
        self._rate = seen_s / (seen_s + missed_s + UNKNOWN_S)

    def chance(self, before: Tracklet, after: Tracklet) -> float:
        """How probable it is that one person, seen to the end of `before` and from `after` on, is not seen between."""
        centres = self._visible(*_missing(before, -1, after, 0))
        rate = self._rate[tuple(self._cells(centres).T)]
        return float(np.prod((1 - rate) ** (self._frame_s / MISS_S)))

    def _visible(self, frames: NDArray[np.int64], boxes: NDArray[np.float64]) -> NDArray[np.float64]:
        """Centres (V, 2) of those boxes that nobody hides."""
        first = np.searchsorted(self._frames, frames)
        count = np.searchsorted(self._frames, frames, side="right") - first
        row, within = expand(count)
        mine, theirs = boxes[row], self._boxes[first[row] + within]
        shared = np.clip(np.minimum(mine[:, 2:], theirs[:, 2:]) - np.maximum(mine[:, :2], theirs[:, :2]), 0, None)
        covered = np.bincount(row, shared.prod(axis=1), len(frames)) / np.maximum(box_area(boxes), 1.0)
        is_visible = covered < HIDDEN_SHARE
        return (boxes[is_visible, :2] + boxes[is_visible, 2:]) / 2

    def _cells(self, centres: NDArray[np.float64]) -> NDArray[np.int64]:
        cells = ((centres - self._origin) // self._side).astype(np.int64)
        return np.clip(cells, 0, np.array(self._shape) - 1)

    def _seconds_per_place(self, centres: NDArray[np.float64]) -> NDArray[np.float64]:
        grid = np.zeros(self._shape)
        np.add.at(grid, tuple(self._cells(centres).T), self._frame_s)
        return 9 * uniform_filter(grid, 3, mode="constant")


class AbsenceRule:
    """Decides whether somebody left between two boxes, or was only not seen.

    Args:
        tracklets: Of one camera, as tracked: each box was detected.
        options: The limits.
    """

    def __init__(self, tracklets: Sequence[Tracklet], options: AbsenceOptions) -> None:
        self._view, self._options = PlainView(tracklets), options

    def __call__(self, before: Tracklet, after: Tracklet) -> bool:
        """Whether there was an absence: long unseen in plain view, and not alike afterwards."""
        if after.start_s - before.end_s < self._options.min_gap_s:
            return False
        has_embeddings = before.embedding is not None and after.embedding is not None
        if has_embeddings and 1 - float(before.embedding @ after.embedding) < self._options.min_distance:  # type: ignore[operator]
            return False
        return self._view.chance(before, after) < self._options.max_chance

    def cut(self, tracklet: Tracklet) -> list[Tracklet]:
        """The tracklet, or its parts in order of time; all keep the track id (the caller renumbers)."""
        parts, rest = [], tracklet
        for gap in _gaps(tracklet, self._options.min_gap_s).tolist():
            before, after = cut_tracklet(rest, int(tracklet.frame_indices[gap + 1]))
            if self(before, after):
                parts.append(before)
                rest = after
        return [*parts, rest]


def _gaps(tracklet: Tracklet, min_gap_s: float) -> NDArray[np.int64]:
    """Rows after which frames are missing, for at least so many seconds."""
    return np.flatnonzero((np.diff(tracklet.frame_indices) > 1) & (np.diff(tracklet.times_s) >= min_gap_s))


def _missing(before: Tracklet, last: int, after: Tracklet, first: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The frames without a box from row `last` to row `first`, and boxes (M, 4) on a straight way through them."""
    start, end = int(before.frame_indices[last]), int(after.frame_indices[first])
    frames = np.arange(start + 1, end)
    share = ((frames - start) / (end - start))[:, None]
    return frames, (1 - share) * before.boxes[last] + share * after.boxes[first]


def _frame_period(frames: NDArray[np.int64], times: NDArray[np.float64]) -> float:
    """Seconds from one frame to the next."""
    first, last = frames.argmin(), frames.argmax()
    return float(times[last] - times[first]) / max(int(frames[last] - frames[first]), 1)
