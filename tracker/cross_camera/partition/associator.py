"""One identity per person over all cameras, decided with all tracklets in view.

    tracklets -> constraints -> [ evidence -> log-odds -> partition ] x rounds -> identities

The first round knows appearance and place; the next ones know who was probably there: each person then counts once in
the mean of a camera, and the travel times between cameras are known. Missing evidence is neutral: without appearance
and without calibration every tracklet stays alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tracker.cross_camera.evidence.cannot_link import (
    concurrent_groups,
    impossible_travel_pairs,
    joined_pairs,
    overlap_pairs,
)
from tracker.cross_camera.evidence.compared_pairs import ALL_PAIRS_UP_TO
from tracker.cross_camera.evidence.log_odds import AppearanceEvidence
from tracker.cross_camera.evidence.place import place_evidence
from tracker.cross_camera.evidence.stature import statures
from tracker.cross_camera.floor.cameras import CameraSetup
from tracker.cross_camera.floor.clock import aligned_paths, with_clocks
from tracker.cross_camera.floor.ground_paths import ground_path
from tracker.cross_camera.options import CrossCameraOptions
from tracker.cross_camera.partition.identities import make_identities
from tracker.cross_camera.partition.joins import join_clusters
from tracker.cross_camera.partition.linkage import agglomerate
from tracker.cross_camera.partition.moves import PartitionRefiner
from tracker.cross_camera.partition.pair_graph import PairGraph
from tracker.cross_camera.partition.returns_by_place import join_returns
from tracker.structures import Identity, IntArray, Tracklet

FLOOR = -6.0
"""Pairs are not taken for more different than this, so that one bad view does not veto a person."""

ABSENT = -4.0
"""Log-odds of pairs that were not even compared, in large runs, because both have many that look more alike."""


class Associator:
    """Decides which tracklets are one person; satisfies `CrossCameraAssociator`.

    Args:
        options: See `CrossCameraOptions`.
        setup: What is known of the cameras, from `load_cameras`; nothing need be.
    """

    def __init__(self, options: CrossCameraOptions | None = None, setup: CameraSetup | None = None) -> None:
        self.options = options or CrossCameraOptions()
        self.setup = setup or CameraSetup()

    def associate(self, tracklets: Sequence[Tracklet]) -> list[Identity]:
        """Put each tracklet into exactly one identity, numbered from 1 by first appearance.

        The result does not depend on the order of the tracklets.
        """
        ordered = sorted(tracklets, key=lambda t: (t.start_s, t.camera_id, t.track_id))
        if not ordered:
            return []
        run = _Run(ordered, self.options, self.setup)
        graph = run.graph(None)
        labels = run.partition(graph)
        for _ in range(self.options.rounds - 1):
            graph = run.graph(labels)
            labels = run.partition(graph)
        return make_identities(ordered, run.with_returns(labels), graph)


class _Run:
    """What stays the same over the rounds of one call."""

    def __init__(self, tracklets: Sequence[Tracklet], options: CrossCameraOptions, setup: CameraSetup) -> None:
        setup = with_clocks(setup, tracklets)
        planes = [setup.ground.get(tracklet.camera_id) for tracklet in tracklets]
        cameras = [tracklet.camera_id for tracklet in tracklets]
        paths = [ground_path(tracklet, plane) for tracklet, plane in zip(tracklets, planes, strict=True)]
        self.paths = aligned_paths(paths, cameras, setup.clock_errors_s)
        self.place = place_evidence(self.paths, cameras, options.max_speed_m_s, options.clock_error_s)
        self.statures = statures(tracklets, planes)
        self.cameras = np.unique(cameras, return_inverse=True)[1].astype(np.int64)
        apart = overlap_pairs(tracklets, options.overlap_slack_s)
        self.cannot_link = joined_pairs(
            apart,
            impossible_travel_pairs(tracklets, setup.min_travel_s),
            self.place.cannot_link,
        )
        self.together = concurrent_groups(tracklets, apart)
        self.appearance = AppearanceEvidence(tracklets, self.cannot_link, self.place.pairs, options)
        self.count = len(tracklets)

    def graph(self, labels: IntArray | None) -> PairGraph:
        """Log-odds between tracklets, given the partition of the round before."""
        seen_pairs, seen = self.appearance.log_odds(labels)
        seen_keys, place_keys = (pairs @ [self.count, 1] for pairs in (seen_pairs, self.place.pairs))
        unique, inverse = np.unique(np.concatenate([seen_keys, place_keys]), return_inverse=True)
        total = np.zeros(len(unique))
        total[inverse[: len(seen)]] = np.maximum(seen, FLOOR)
        total[inverse[len(seen) :]] += self.place.log_odds(np.isin(place_keys, seen_keys), labels)
        pairs = np.column_stack([unique // self.count, unique % self.count])
        absent = ABSENT if self.appearance.known else 0.0
        if self.count > ALL_PAIRS_UP_TO:  # in large runs most pairs are clearly different: they cost time, not truth
            kept = total > absent
            pairs, total = pairs[kept], total[kept]
        return PairGraph(self.count, pairs, total, self.cannot_link, absent)

    def with_returns(self, labels: IntArray) -> IntArray:
        """The last partition with those who came back, where no appearance tells who they are."""
        if self.appearance.known:
            return labels
        return join_returns(self.paths, labels, self.statures, self.cameras, self.cannot_link)

    def partition(self, graph: PairGraph) -> IntArray:
        """Average linkage, then local moves, joint assignment, and joins of what a few members keep apart."""
        refiner = PartitionRefiner(graph, self.together)
        labels = refiner.refine(agglomerate(graph, "mean"))
        return refiner.refine(join_clusters(graph, labels))
