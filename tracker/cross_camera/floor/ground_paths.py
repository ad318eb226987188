"""Where people walked on the floor: the path of each tracklet, and all paths of a run looked up at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crosscam.base.ragged_arrays import expand
from tracker.cross_camera.floor.ground import GroundPlane
from tracker.structures import IntArray, Tracklet

MAX_HIDDEN_S = 1.5
"""Feet that are out of view for longer may have gone anywhere in between."""


@dataclass(frozen=True, eq=False)
class GroundPath:
    """Where one tracklet's person stood.

    Attributes:
        times_s: float64 (M,), rising; moments with a known place.
        places: float64 (M, 2), in metres.
    """

    times_s: NDArray[np.float64]
    places: NDArray[np.float64]


def ground_path(tracklet: Tracklet, plane: GroundPlane | None) -> GroundPath | None:
    """The path of a tracklet on the floor, or None without calibration or without one visible pair of feet."""
    if plane is None:
        return None
    places = plane.feet(tracklet.boxes)
    known = np.isfinite(places).all(axis=1)
    if not known.any():
        return None
    return GroundPath(tracklet.times_s[known], places[known])


class PathTable:
    """The known paths of a run in one piece, so that any number of places is one look-up.

    Args:
        paths: One per tracklet; None where the place is unknown.

    Attributes:
        index: Which paths are known, int64 (N,); rows of the table are counted in this order.
        starts: First moment of each row, float64 (N,), in seconds.
        ends: Last moment of each row.
    """

    def __init__(self, paths: Sequence[GroundPath | None]) -> None:
        known = [(number, path) for number, path in enumerate(paths) if path is not None]
        self.index: IntArray = np.array([number for number, _ in known], np.int64)
        lengths = np.array([len(path.times_s) for _, path in known], np.int64)
        self._last = np.cumsum(lengths) - 1
        self._first = self._last - lengths + 1
        self._times = np.concatenate([np.zeros(0), *(path.times_s for _, path in known)])
        self._places = np.concatenate([np.zeros((0, 2)), *(path.places for _, path in known)])
        self.starts, self.ends = self._times[self._first], self._times[self._last]
        self._origin = self._times.min(initial=0.0)
        self._stride = self._times.max(initial=0.0) - self._origin + 1.0
        self._keys = self._key(np.repeat(np.arange(len(known)), lengths), self._times)

    def _key(self, rows: IntArray | int, times_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Moments of all rows on one axis, one row after the other."""
        return rows * self._stride + (times_s - self._origin)

    def at(self, rows: IntArray | int, moments: NDArray[np.float64]) -> NDArray[np.float64]:
        """Places of rows (Q,), or of one, at moments (Q,), float64 (Q, 2); NaN where the feet are hidden for too long.

        Before its start and after its end a row stays where it was.
        """
        moments = np.clip(moments, self.starts[rows], self.ends[rows])
        last = self._last[rows]
        after = np.searchsorted(self._keys, self._key(rows, moments))
        after = np.clip(after, np.minimum(self._first[rows] + 1, last), last)
        before = np.maximum(after - 1, self._first[rows])
        step = self._times[after] - self._times[before]
        share = np.clip((moments - self._times[before]) / np.where(step > 0, step, 1.0), 0.0, 1.0)[:, None]
        places = self._places[before] * (1 - share) + self._places[after] * share
        places[step > MAX_HIDDEN_S] = np.nan
        return places


def following_pairs(ends: IntArray) -> tuple[IntArray, IntArray]:
    """Each item of a sorted list with those after it up to where `ends` says, exclusive: positions, int64 (P,) both."""
    one, within = expand(ends - np.arange(len(ends)) - 1)
    return one, one + 1 + within
