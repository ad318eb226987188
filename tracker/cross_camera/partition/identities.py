"""From a partition of tracklets to numbered identities with confidences."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from tracker.cross_camera.evidence.score_calibration import MAX_LOG_ODDS
from tracker.cross_camera.partition.pair_graph import PairGraph
from tracker.structures import Identity, IntArray, Tracklet


def make_identities(tracklets: Sequence[Tracklet], labels: IntArray, graph: PairGraph) -> list[Identity]:
    """Identities from labels that count from 0 in order of the tracklets, which are in order of time."""
    confidence = tracklet_confidence(labels, graph)
    members: list[list[int]] = [[] for _ in range(int(labels.max()) + 1)]
    for index, label in enumerate(labels.tolist()):
        members[label].append(index)
    return [
        Identity(identity_id, tuple(tracklets[i] for i in chosen), tuple(float(confidence[i]) for i in chosen))
        for identity_id, chosen in enumerate(members, start=1)
    ]


def tracklet_confidence(labels: IntArray, graph: PairGraph) -> NDArray[np.float64]:
    """How sure each tracklet's place is, in [0, 1], float64 (N,).

    With companions: the probability that it belongs to them, by the mean log-odds. Alone: the probability that its most
    likely partner is somebody else.
    """
    count = len(labels)
    first, second = graph.pairs.T
    together = labels[first] == labels[second]
    total, companions = np.zeros(count), np.zeros(count)
    nearest = np.full(count, -MAX_LOG_ODDS)
    for index in (first, second):
        np.add.at(total, index[together], graph.log_odds[together])
        np.add.at(companions, index[together], 1)
        np.maximum.at(nearest, index[~together], graph.log_odds[~together])
    evidence = np.where(companions > 0, total / np.maximum(companions, 1), -nearest)
    return expit(evidence)
