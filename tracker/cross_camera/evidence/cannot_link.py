"""Hard constraints: which tracklets can never be one person, whatever they look like.

A person is in one place at a time, so two tracklets of one camera that were detected apart in the same frames are two
people. Where one of them was only filled in, or both boxes lie on one body, two tracks may as well follow one person:
a second track often begins before the gap of the first one closes. The constraints are index pairs, because there are
few of them: each tracklet meets only those that are in view with it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from crosscam.base.boxes import MIN_AREA
from tracker.structures import IntArray, Tracklet

MAX_IOU = 0.5
"""Boxes that overlap more may be two of one body: detectors suppress second boxes from about here on."""

MAX_STEP_S = 0.5
"""Detections so far apart in time are still one stretch in view; live runs keep a few boxes a second."""


def no_pairs() -> IntArray:
    """No pairs, int64 (0, 2)."""
    return np.zeros((0, 2), np.int64)


def overlap_pairs(tracklets: Sequence[Tracklet], slack_s: float) -> IntArray:
    """Pairs of one camera that were detected apart for longer than `slack_s`: certainly two people.

    Args:
        tracklets: N tracklets of any cameras.
        slack_s: Time for which the boxes of one person may be taken for two, in seconds.

    Returns:
        int64 (P, 2), first index below the second, sorted.
    """
    found: list[tuple[int, int]] = []
    for indices in indices_by_camera(tracklets).values():
        active: list[tuple[int, _Detected]] = []
        for index in sorted(indices, key=lambda i: tracklets[i].start_s):
            start, mine = tracklets[index].start_s, _Detected.of(tracklets[index])
            active = [entry for entry in active if tracklets[entry[0]].end_s - start > slack_s]
            found += [(other, index) for other, theirs in active if _apart_s(theirs, mine) > slack_s]
            active.append((index, mine))
    return as_pairs(found)


class _Detected(NamedTuple):
    """A tracklet where it was detected and not only filled in."""

    times_s: NDArray[np.float64]
    """(T,)"""
    boxes: NDArray
    """(4, T): by side, because pairs are many and short, and sides in one piece are several times faster."""

    @classmethod
    def of(cls, tracklet: Tracklet) -> _Detected:
        detected = tracklet.scores > 0
        return cls(tracklet.times_s[detected], np.ascontiguousarray(tracklet.boxes[detected].T))


def _apart_s(one: _Detected, other: _Detected) -> float:
    """For how long two tracklets of one camera were both detected, and in different places, in seconds."""
    if not len(one.times_s) or not len(other.times_s):
        return 0.0
    start = one.times_s.searchsorted(other.times_s[0])
    end = one.times_s.searchsorted(other.times_s[-1], "right")
    times, here = one.times_s[start:end], one.boxes[:, start:end]
    there, near = _boxes_at(times, other)
    seen = times[(_overlap(here, there) < MAX_IOU) & near]
    return _median(seen[1:] - seen[:-1]) * (len(seen) - 1) if len(seen) > 1 else 0.0


def _boxes_at(times: NDArray[np.float64], track: _Detected) -> tuple[NDArray, NDArray[np.bool_]]:
    """A track's boxes at times between its first and last, (4, T), and where detections are near enough, (T,)."""
    before = track.times_s.searchsorted(times, "right") - 1
    since = times - track.times_s[before]
    boxes = track.boxes[:, before]
    if not since.any():  # the rule: tracks of one camera share the times of its frames
        return boxes, np.ones(len(times), bool)
    after = np.minimum(before + 1, len(track.times_s) - 1)
    gap = track.times_s[after] - track.times_s[before]
    slope = (track.boxes[:, after] - boxes.astype(np.float64)) / np.where(since > 0, gap, 1.0)
    return slope * since + boxes, (since == 0) | (gap <= MAX_STEP_S)


def _overlap(a: NDArray, b: NDArray) -> NDArray:
    """Intersection over union of the boxes a[:, i] and b[:, i], (4, T) -> (T,)."""
    sides = np.maximum(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]), 0)
    shared = sides[0] * sides[1]
    return shared / np.maximum(_area(a) + _area(b) - shared, MIN_AREA)


def _area(boxes: NDArray) -> NDArray:
    return np.maximum(boxes[2] - boxes[0], 0) * np.maximum(boxes[3] - boxes[1], 0)


def _median(values: NDArray[np.float64]) -> float:
    """np.median takes a third of the whole comparison for so few values."""
    ordered = np.sort(values)
    return float((ordered[(len(values) - 1) // 2] + ordered[len(values) // 2]) / 2)


def indices_by_camera(tracklets: Sequence[Tracklet]) -> dict[str, list[int]]:
    """Positions of each camera's tracklets, cameras in order of name."""
    groups: dict[str, list[int]] = defaultdict(list)
    for index, tracklet in enumerate(tracklets):
        groups[tracklet.camera_id].append(index)
    return dict(sorted(groups.items()))


def as_pairs(pairs: Iterable[tuple[int, int]]) -> IntArray:
    """Sorted index pairs without repeats, int64 (P, 2), the smaller index first."""
    ordered = sorted({(min(a, b), max(a, b)) for a, b in pairs})
    return np.array(ordered, np.int64).reshape(-1, 2)


def in_pairs(first: IntArray, second: IntArray, pairs: IntArray, count: int) -> np.ndarray:
    """Which of the pairs (first, second), first < second, are among `pairs`, bool (P,); `count` items in all."""
    return np.isin(first * count + second, pairs[:, 0] * count + pairs[:, 1])


def concurrent_groups(tracklets: Sequence[Tracklet], apart: IntArray) -> list[list[int]]:
    """Groups of tracklets of one camera that are in view at one moment: at most one per identity.

    One group per moment at which somebody appears beside somebody else.

    Args:
        tracklets: N tracklets.
        apart: From `overlap_pairs`, int64 (P, 2).
    """
    rivals: list[set[int]] = [set() for _ in tracklets]
    for a, b in apart.tolist():
        rivals[a].add(b)
        rivals[b].add(a)
    groups: list[list[int]] = []
    for indices in indices_by_camera(tracklets).values():
        active: list[int] = []
        for index in sorted(indices, key=lambda i: tracklets[i].start_s):
            active = [other for other in active if tracklets[other].end_s > tracklets[index].start_s]
            group: list[int] = []
            for other in [*active, index]:
                if index in rivals[other] | {other} and rivals[other].issuperset(group):
                    group.append(other)
            active.append(index)
            if len(group) > 1:
                groups.append(group)
    return groups


def impossible_travel_pairs(tracklets: Sequence[Tracklet], min_travel_s: Mapping[tuple[str, str], float]) -> IntArray:
    """Pairs that would need a faster journey than is possible, int64 (P, 2); also those in view at once.

    Args:
        tracklets: N tracklets.
        min_travel_s: Shortest time from the view of one camera to that of another, in seconds, by their names.
    """
    if not min_travel_s:
        return no_pairs()
    longest = max(min_travel_s.values())
    found: list[tuple[int, int]] = []
    active: list[int] = []
    for index in sorted(range(len(tracklets)), key=lambda i: tracklets[i].start_s):
        late = tracklets[index]
        active = [other for other in active if late.start_s - tracklets[other].end_s < longest]
        for other in active:
            early = tracklets[other]
            least = min_travel_s.get((early.camera_id, late.camera_id))
            if least is not None and late.start_s - early.end_s < least:
                found.append((index, other))
        active.append(index)
    return as_pairs(found)


def joined_pairs(*parts: IntArray) -> IntArray:
    """All pairs of several lists, sorted and without repeats, int64 (P, 2)."""
    return np.unique(np.concatenate([no_pairs(), *parts]), axis=0)
