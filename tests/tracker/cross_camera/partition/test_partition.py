"""Linkages and local moves: hand-worked and brute-force partitions, constraints that always hold."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.cross_camera.partition.linkage import agglomerate
from tracker.cross_camera.partition.moves import PartitionRefiner
from tracker.cross_camera.partition.pair_graph import PairGraph


def graph(count: int, log_odds: dict[tuple[int, int], float], cannot: list[tuple[int, int]] | None = None) -> PairGraph:
    pairs = np.array(sorted(log_odds), np.int64).reshape(-1, 2)
    values = np.array([log_odds[a, b] for a, b in pairs.tolist()], np.float64)
    return PairGraph(count, pairs, values, np.array(cannot or [], np.int64).reshape(-1, 2), absent=-1.0)


def partitions(count: int) -> list[list[int]]:
    """All partitions of `count` items as labels."""
    found = [[0]]
    for _ in range(count - 1):
        found = [[*labels, new] for labels in found for new in range(max(labels) + 2)]
    return found


def objective(g: PairGraph, labels: list[int]) -> float:
    """Sum of log-odds inside clusters; -inf when a constraint is broken."""
    if any(labels[a] == labels[b] for a, b in g.cannot_link.tolist()):
        return -np.inf
    known = {(a, b): v for (a, b), v in zip(g.pairs.tolist(), g.log_odds.tolist(), strict=True)}
    inside = [(a, b) for a, b in combinations(range(g.count), 2) if labels[a] == labels[b]]
    return sum(known.get(pair, g.absent) for pair in inside)


@st.composite
def graphs(draw: st.DrawFn) -> PairGraph:
    count = draw(st.integers(2, 6))
    everything = list(combinations(range(count), 2))
    value = st.floats(-3, 3, allow_nan=False, width=32)
    odds = {pair: draw(value) for pair in everything if draw(st.booleans())}
    cannot = [pair for pair in everything if draw(st.integers(0, 4)) == 0]
    return graph(count, odds, cannot)


def test_chain_shows_what_the_linkages_differ_in() -> None:
    # 0-1 and 1-2 are alike, 0-2 is not: minimum -2, mean (1.5 - 2) / 2, sum 1.5 - 2.
    chain = graph(3, {(0, 1): 2.0, (1, 2): 1.5, (0, 2): -2.0})
    assert agglomerate(chain, "min").tolist() == [0, 0, 1]
    assert agglomerate(chain, "mean").tolist() == [0, 0, 1]
    assert agglomerate(graph(3, {(0, 1): 2.0, (1, 2): 1.5, (0, 2): -1.0}), "mean").tolist() == [0, 0, 0]
    assert agglomerate(graph(3, {(0, 1): 2.0, (1, 2): 1.5, (0, 2): -1.0}), "min").tolist() == [0, 0, 1]


def test_a_pair_that_is_not_listed_counts_as_absent() -> None:
    assert agglomerate(graph(3, {(0, 1): 2.0, (1, 2): 0.9}), "mean").tolist() == [0, 0, 1]  # 0.9 - 1 < 0
    assert agglomerate(graph(3, {(0, 1): 2.0, (1, 2): 1.1}), "mean").tolist() == [0, 0, 0]


def test_a_constraint_goes_with_the_cluster() -> None:
    strong = {(0, 1): 3.0, (1, 2): 2.0, (0, 2): 2.0}
    assert agglomerate(graph(3, strong, [(0, 2)]), "sum").tolist() == [0, 0, 1]


def test_one_move_repairs_a_wrong_start() -> None:
    g = graph(4, {(0, 1): 1.0, (2, 3): 1.0, (0, 2): -1.0, (0, 3): -1.0, (1, 2): -1.0, (1, 3): -1.0})
    assert PartitionRefiner(g).refine(np.array([0, 1, 1, 1])).tolist() == [0, 0, 1, 1]


def test_people_in_view_together_change_places_jointly() -> None:
    # 2 and 3 are together in view and each sits with the wrong person; no single move is allowed to mend it.
    odds = {(0, 2): -1.0, (0, 3): 2.0, (1, 2): 2.0, (1, 3): -1.0}
    g = graph(4, odds, [(2, 3), (0, 1)])
    assert PartitionRefiner(g, [[2, 3]]).refine(np.array([0, 1, 0, 1])).tolist() == [0, 1, 1, 0]


@given(graphs())
@settings(max_examples=60, deadline=None)
@pytest.mark.parametrize("linkage", ["sum", "mean", "min"])
def test_constraints_hold_and_refining_never_loses(linkage: str, g: PairGraph) -> None:
    labels = agglomerate(g, linkage)  # type: ignore[arg-type]
    refined = PartitionRefiner(g).refine(labels)
    assert objective(g, labels.tolist()) > -np.inf
    assert objective(g, refined.tolist()) >= objective(g, labels.tolist()) - 1e-9
    assert labels[0] == 0
    assert set(labels.tolist()) == set(range(labels.max() + 1))


@given(graphs())
@settings(max_examples=60, deadline=None)
def test_close_to_the_best_of_all_partitions(g: PairGraph) -> None:
    best = max(objective(g, labels) for labels in partitions(g.count))
    found = objective(g, PartitionRefiner(g).refine(agglomerate(g, "sum")).tolist())
    assert found <= best + 1e-9
    assert found >= 0.5 * best - 1e-9  # greedy additive contraction reaches at least half here


@given(graphs())
@settings(max_examples=100, deadline=None)
def test_no_single_move_is_left_that_improves(g: PairGraph) -> None:
    """All items are looked at together before any is tried; none may be overlooked."""
    labels = PartitionRefiner(g).refine(np.arange(g.count), passes=100).tolist()
    for item in range(g.count):
        for target in range(g.count + 1):
            moved = [target if k == item else label for k, label in enumerate(labels)]
            assert objective(g, moved) <= objective(g, labels) + 1e-6


@given(graphs(), st.integers(0, 10_000))
@settings(max_examples=100, deadline=None)
def test_no_joint_assignment_is_left_that_improves(g: PairGraph, seed: int) -> None:
    """A group of which no two may be one person, against all ways to hand its members out to the clusters."""
    group = list(range(min(3, g.count)))
    apart = np.array([*g.cannot_link.tolist(), *combinations(group, 2)], np.int64).reshape(-1, 2)
    g = PairGraph(g.count, g.pairs, g.log_odds, np.unique(apart, axis=0), g.absent)
    start = agglomerate(g) if seed % 2 else np.arange(g.count)
    labels = PartitionRefiner(g, [group]).refine(start, passes=100).tolist()
    for targets in product(range(g.count + 1 + len(group)), repeat=len(group)):
        moved = [*targets, *labels[len(group) :]]
        assert objective(g, moved) <= objective(g, labels) + 1e-6


def test_the_best_partition_of_seven_items_by_hand() -> None:
    # Two groups {0, 1, 2} and {3, 4}, loners 5 and 6, with one misleading edge 2-3.
    odds = dict.fromkeys(combinations(range(7), 2), -1.0)
    odds |= {(0, 1): 2.0, (0, 2): 1.5, (1, 2): 1.0, (3, 4): 2.5, (2, 3): 1.8}
    g = graph(7, odds)
    labels = PartitionRefiner(g).refine(agglomerate(g, "mean")).tolist()
    assert labels == [0, 0, 0, 1, 1, 2, 3]
    assert objective(g, labels) == max(objective(g, candidate) for candidate in partitions(7)) == 7.0
