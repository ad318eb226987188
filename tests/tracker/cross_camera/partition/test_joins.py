"""Joins of clusters that a few members keep apart, against the sum of log-odds counted by a double loop."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.cross_camera.partition.joins import join_clusters
from tracker.cross_camera.partition.linkage import agglomerate
from tracker.cross_camera.partition.pair_graph import PairGraph


def inside(graph: PairGraph, labels: np.ndarray) -> float:
    """Sum of log-odds over all pairs that share a cluster."""
    listed = {tuple(pair): value for pair, value in zip(graph.pairs.tolist(), graph.log_odds.tolist(), strict=True)}
    return sum(
        listed.get((a, b), graph.absent)
        for a in range(graph.count)
        for b in range(a + 1, graph.count)
        if labels[a] == labels[b]
    )


def graph_of(values: dict[tuple[int, int], float], forbidden: list[tuple[int, int]], count: int) -> PairGraph:
    pairs = np.array(sorted(values), np.int64).reshape(-1, 2)
    odds = np.array([values[a, b] for a, b in sorted(values)])
    return PairGraph(count, pairs, odds, np.array(sorted(forbidden), np.int64).reshape(-1, 2), 0.0)


def test_one_wrong_member_does_not_keep_a_person_in_two_halves() -> None:
    # 0, 1, 2 and 3, 4, 5 are two halves of one person; 6 is a short track that went with the second half and cannot be
    # with 0. It costs 1 to leave it out, and the join gives 3.
    values = {(0, 1): 5.0, (1, 2): 5.0, (3, 4): 5.0, (4, 5): 5.0, (2, 3): 3.0, (4, 6): 1.0}
    graph = graph_of(values, [(0, 6)], 7)
    labels = np.array([0, 0, 0, 1, 1, 1, 1])
    assert join_clusters(graph, labels).tolist() == [0, 0, 0, 0, 0, 0, 1]


def test_a_join_that_costs_more_than_it_gives_is_not_made() -> None:
    graph = graph_of({(0, 1): 5.0, (2, 3): 5.0, (1, 2): 3.0}, [(0, 3)], 4)
    assert join_clusters(graph, np.array([0, 0, 1, 1])).tolist() == [0, 0, 1, 1]


@given(st.integers(2, 8), st.integers(0, 10_000))
@settings(max_examples=80, deadline=None)
def test_the_sum_never_falls_and_constraints_hold(count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    upper = [(a, b) for a in range(count) for b in range(a + 1, count)]
    values = {pair: float(rng.normal(0.5, 3)) for pair in upper if rng.random() < 0.8}
    forbidden = [pair for pair in upper if rng.random() < 0.3]
    graph = graph_of(values, forbidden, count)
    before = agglomerate(graph, "mean")
    after = join_clusters(graph, before)
    assert inside(graph, after) >= inside(graph, before) - 1e-9
    assert all(after[a] != after[b] for a, b in forbidden)
    assert sorted(set(after.tolist())) == list(range(int(after.max()) + 1))
