"""Hard constraints: which tracklets can never be one person, whatever they look like.

A person is in one place at a time, so two tracklets of one camera that overlap in time are two people. The constraints
are index pairs, because there are few of them: each tracklet meets only those that are in view with it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from tracker.structures import IntArray, Tracklet


def no_pairs() -> IntArray:
    """No pairs, int64 (0, 2)."""
    return np.zeros((0, 2), np.int64)


def overlap_pairs(tracklets: Sequence[Tracklet], slack_s: float) -> IntArray:
    """Pairs of one camera that are in view together for longer than `slack_s`: certainly two people.

    Args:
        tracklets: N tracklets of any cameras.
        slack_s: Overlap that a late start or end of a box may cause, in seconds.

    Returns:
        int64 (P, 2), first index below the second, sorted.
    """
    found: list[tuple[int, int]] = []
    for indices in indices_by_camera(tracklets).values():
        active: list[int] = []
        for index in sorted(indices, key=lambda i: tracklets[i].start_s):
            start = tracklets[index].start_s
            active = [other for other in active if tracklets[other].end_s - start > slack_s]
            end = tracklets[index].end_s
            found += [
                (min(index, other), max(index, other))
                for other in active
                if min(tracklets[other].end_s, end) - start > slack_s
            ]
            active.append(index)
    return as_pairs(found)


def indices_by_camera(tracklets: Sequence[Tracklet]) -> dict[str, list[int]]:
    """Positions of each camera's tracklets, cameras in order of name."""
    groups: dict[str, list[int]] = defaultdict(list)
    for index, tracklet in enumerate(tracklets):
        groups[tracklet.camera_id].append(index)
    return dict(sorted(groups.items()))


def as_pairs(pairs: Iterable[tuple[int, int]]) -> IntArray:
    """Sorted index pairs without doubles, int64 (P, 2), the smaller index first."""
    ordered = sorted({(min(a, b), max(a, b)) for a, b in pairs})
    return np.array(ordered, np.int64).reshape(-1, 2)


def in_pairs(first: IntArray, second: IntArray, pairs: IntArray, count: int) -> np.ndarray:
    """Which of the pairs (first, second), first < second, are among `pairs`, bool (P,); `count` items in all."""
    return np.isin(first * count + second, pairs[:, 0] * count + pairs[:, 1])


def concurrent_groups(tracklets: Sequence[Tracklet], slack_s: float) -> list[list[int]]:
    """Groups of tracklets of one camera of which every two overlap in time: at most one per identity.

    One group per moment at which somebody appears beside somebody else.
    """
    groups: list[list[int]] = []
    for indices in indices_by_camera(tracklets).values():
        active: list[int] = []
        for index in sorted(indices, key=lambda i: tracklets[i].start_s):
            start, end = tracklets[index].start_s, tracklets[index].end_s
            active = [other for other in active if tracklets[other].end_s - start > slack_s]
            if end - start > slack_s:
                active.append(index)
                if len(active) > 1:
                    groups.append(list(active))
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
    """All pairs of several lists, sorted and without doubles, int64 (P, 2)."""
    return np.unique(np.concatenate([no_pairs(), *parts]), axis=0)
