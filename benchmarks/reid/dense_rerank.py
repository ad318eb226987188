"""k-reciprocal re-ranking with dense matrices, step by step as published: the reference in tests and benchmarks.

Zhong et al., CVPR 2017. It holds several N x N matrices, as the implementations in circulation do.
"""

from __future__ import annotations

import numpy as np


def reciprocal(ranks: np.ndarray, item: int, k: int) -> np.ndarray:
    """Items among the first k + 1 of `item` that have it among their own first k + 1."""
    forward = ranks[item, : k + 1]
    return forward[(ranks[forward, : k + 1] == item).any(axis=1)]


def encode(scaled: np.ndarray, ranks: np.ndarray, k1: int) -> np.ndarray:
    """Weights `exp(-d)` on the expanded reciprocal neighbours, rows summing to 1, float32 (N, N)."""
    weights = np.zeros_like(scaled)
    for item in range(len(scaled)):
        own = reciprocal(ranks, item, k1)
        expanded = own
        for other in own:
            candidates = reciprocal(ranks, other, int(np.around(k1 / 2)))
            if len(np.intersect1d(own, candidates)) > 2 / 3 * len(candidates):
                expanded = np.append(expanded, candidates)
        members = np.unique(expanded)
        row = np.exp(-scaled[item, members])
        weights[item, members] = row / row.sum()
    return weights


def dense_rerank(squared: np.ndarray, queries: int, k1: int = 20, k2: int = 6, original: float = 0.3) -> np.ndarray:
    """Re-ranked distances of the first `queries` items to the others, (Q, N - Q).

    Args:
        squared: Squared distances among all items, (N, N), queries first.
    """
    scaled = squared / squared.max(axis=1, keepdims=True)
    ranks = np.argsort(scaled, axis=1, kind="stable")
    weights = encode(scaled, ranks, k1)
    if k2 > 1:
        averaged = np.empty_like(weights)
        for item in range(len(weights)):
            averaged[item] = weights[ranks[item, :k2]].mean(axis=0)
        weights = averaged
    holders = [np.flatnonzero(weights[:, column]) for column in range(len(weights))]
    result = np.empty((queries, len(weights) - queries), dtype=weights.dtype)
    for item in range(queries):
        shared = np.zeros(len(weights), dtype=weights.dtype)
        for column in np.flatnonzero(weights[item]):
            held = holders[column]
            shared[held] += np.minimum(weights[item, column], weights[held, column])
        jaccard = 1 - shared / (2 - shared)
        result[item] = ((1 - original) * jaccard + original * scaled[item])[queries:]
    return result
