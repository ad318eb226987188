"""Who comes back, where appearance is not known: places, times, statures of those who leave and those who appear.

A stay is what all cameras together saw of a person. Who appears is new, or one of those who left; people come back near
the place where they left, sooner rather than later, and as tall as before. All stays are matched at once, so that
nobody comes back twice (a minimum-cost path cover, as in Zhang, Li and Nevatia, Global Data Association for
Multi-Object Tracking Using Network Flows, CVPR 2008). Only for runs without appearance, which tells far more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from tracker.cross_camera.evidence.stature import group_statures, stature_log_odds
from tracker.cross_camera.floor.ground_paths import GroundPath
from tracker.cross_camera.partition.pair_graph import compact_labels
from tracker.structures import IntArray

MIN_STAY_S = 1.0
"""Shorter stays are mostly false boxes."""

SOON_S = 5.0
"""The odds of a return halve in this time, and again in twice the time from then on: absences have no usual length."""

DOOR_M = 3.0
"""People come back about so near to where they left, in metres."""

RETURNED = -0.5
"""Log-odds that who appears is one particular absent person, before place, time and stature are known."""


@dataclass(frozen=True, eq=False)
class Stay:
    """What all cameras together saw of one person; places in metres, float64 (2,).

    Attributes:
        label: The cluster.
        start_s: When it begins.
        end_s: When it ends.
        entry: Where.
        exit: Where.
    """

    label: int
    start_s: float
    end_s: float
    entry: NDArray[np.float64]
    exit: NDArray[np.float64]


def join_returns(
    paths: Sequence[GroundPath | None],
    labels: IntArray,
    statures: NDArray[np.float64],
    cameras: IntArray,
    cannot_link: IntArray,
) -> IntArray:
    """The partition with those who likely came back put together, int64 (N,), labels from 0.

    Args:
        paths: One per tracklet, or None.
        labels: Partition, from 0, (N,).
        statures: From `statures`, (N,).
        cameras: Camera number of each tracklet, (N,).
        cannot_link: Pairs that are certainly two people, int64 (Q, 2); their clusters stay apart.
    """
    seen = np.flatnonzero([path is not None for path in paths])
    lengths = np.array([0 if path is None else len(path.times_s) for path in paths])
    tall = group_statures(statures[seen], lengths[seen], labels[seen], cameras[seen])
    stays = [stay for stay in _stays(paths, labels) if stay.end_s - stay.start_s >= MIN_STAY_S]
    if len(stays) < 2:
        return labels
    who = np.array([stay.label for stay in stays])
    odds = RETURNED + _place_and_time(stays) + stature_log_odds(tall[who][:, None], tall[who][None])
    column = np.full(int(labels.max()) + 1, -1)
    column[who] = np.arange(len(who))
    apart = column[labels[cannot_link]]
    apart = apart[(apart >= 0).all(axis=1)]
    odds[apart[:, 0], apart[:, 1]] = odds[apart[:, 1], apart[:, 0]] = -np.inf
    joined = labels.copy()
    left, came = linear_sum_assignment(-np.maximum(odds, 0.0))
    for row, other in sorted(zip(left.tolist(), came.tolist(), strict=True), key=lambda pair: -odds[pair]):
        before, after = joined[labels == who[row]][0], joined[labels == who[other]][0]
        clash = np.sort(joined[cannot_link], axis=1) == sorted((before, after))
        if odds[row, other] > 0 and not clash.all(axis=1).any():
            joined[joined == after] = before
    return compact_labels(joined)


def _stays(paths: Sequence[GroundPath | None], labels: IntArray) -> list[Stay]:
    """One stay per cluster, from its first to its last known place, in order of label."""
    members: dict[int, list[GroundPath]] = {}
    for path, label in zip(paths, labels.tolist(), strict=True):
        if path is not None:
            members.setdefault(label, []).append(path)
    stays = []
    for label, own in sorted(members.items()):
        first = min(own, key=lambda path: path.times_s[0])
        last = max(own, key=lambda path: path.times_s[-1])
        stays.append(Stay(label, float(first.times_s[0]), float(last.times_s[-1]), first.places[0], last.places[-1]))
    return stays


def _place_and_time(stays: Sequence[Stay]) -> NDArray[np.float64]:
    """Log-odds that each stay (column) is the return from another (row), float64 (S, S); -inf for earlier ones."""
    exits, entries = np.stack([stay.exit for stay in stays]), np.stack([stay.entry for stay in stays])
    gap = np.array([stay.start_s for stay in stays])[None] - np.array([stay.end_s for stay in stays])[:, None]
    near = _nearness(exits, entries)
    # Those who are new appear where people appear: at a door that all use, the place tells nothing.
    usual = _nearness(np.concatenate([exits, entries]), entries).mean(axis=0)
    return np.where(gap > 0, np.log(near / usual) - np.log1p(np.maximum(gap, 0.0) / SOON_S), -np.inf)


def _nearness(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    square = ((one[:, None] - other[None]) ** 2).sum(axis=2)
    return 1 / (1 + square / DOOR_M**2) ** 2
