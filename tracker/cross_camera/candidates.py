"""Pairs of tracklets that are worth comparing, with their similarity: all of them, or the nearest in a large run."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracker.structures import FloatArray, IntArray

ALL_PAIRS_UP_TO = 1500
"""Tracklets up to which every pair is compared."""

NEAREST = 40
"""Nearest tracklets of each that are compared in larger runs; more than anybody has tracklets that matter."""

BLOCK = 1024
SAMPLED_PAIRS = 200_000
CROWD = 8
"""Nearest tracklets that tell how crowded the neighbourhood of a tracklet is (Lample et al. 2018 use 10)."""


@dataclass(frozen=True, eq=False)
class ScoredPairs:
    """Pairs with similarity.

    Attributes:
        first: int64 (P,), below `second`.
        second: int64 (P,).
        similarity: float32 (P,).
        sample_first: int64 (S,): pairs drawn evenly from all, for statistics.
        sample_second: int64 (S,).
        sample_similarity: float32 (S,).
    """

    first: IntArray
    second: IntArray
    similarity: FloatArray
    sample_first: IntArray
    sample_second: IntArray
    sample_similarity: FloatArray


def score_pairs(vectors: FloatArray, extra: IntArray) -> ScoredPairs:
    """Similarity of the pairs worth comparing, with local contrast.

    Contrast: similarity less half of how similar both tracklets are to their nearest neighbours, so that hubs, vectors
    near to everybody, lose. After cross-domain similarity local scaling (Lample et al., Word Translation Without
    Parallel Data, ICLR 2018, arXiv:1710.04087). Departure: half the weight, and the mean is put back to keep the scale.

    Args:
        vectors: Unit vectors, float32 (N, D).
        extra: Pairs that must be among the scored ones, int64 (Q, 2).
    """
    count = len(vectors)
    if count < 2:
        nothing, scores = np.zeros(0, np.int64), np.zeros(0, np.float32)
        return ScoredPairs(nothing, nothing, scores, nothing, nothing, scores)
    everything = count <= ALL_PAIRS_UP_TO
    crowd, nearest = _neighbours(vectors, 0 if everything else min(NEAREST, count - 1))
    if everything:
        first, second = (index.astype(np.int64) for index in np.triu_indices(count, 1))
    else:
        first, second = _union(nearest, extra, count)
    sample_first, sample_second = (first, second) if everything else _random_pairs(count)

    def similarity(a: IntArray, b: IntArray) -> FloatArray:
        return _row_products(vectors, a, b) - 0.25 * (crowd[a] + crowd[b]) + 0.5 * crowd.mean()

    scores = similarity(first, second)
    sampled = scores if everything else similarity(sample_first, sample_second)
    return ScoredPairs(first, second, scores, sample_first, sample_second, sampled)


def _neighbours(vectors: FloatArray, keep: int) -> tuple[FloatArray, IntArray]:
    """Mean similarity to the nearest CROWD others, float32 (N,), and the `keep` nearest others, int64 (N, keep)."""
    count = len(vectors)
    near = min(max(1, count // 3), CROWD)
    crowd = np.zeros(count, np.float32)
    nearest = np.zeros((count, keep), np.int64)
    if count < 3:
        return crowd, nearest
    for start in range(0, count, BLOCK):
        rows = np.arange(start, min(start + BLOCK, count))
        block = vectors[rows] @ vectors.T
        block[np.arange(len(rows)), rows] = -np.inf
        if keep:
            nearest[rows] = np.argpartition(-block, keep - 1, axis=1)[:, :keep]
            block = np.take_along_axis(block, nearest[rows], axis=1)
        crowd[rows] = -np.partition(-block, near - 1, axis=1)[:, :near].mean(axis=1)
    return crowd, nearest


def _union(nearest: IntArray, extra: IntArray, count: int) -> tuple[IntArray, IntArray]:
    rows = np.repeat(np.arange(count), nearest.shape[1])
    columns = nearest.ravel()
    keys = np.minimum(rows, columns) * count + np.maximum(rows, columns)
    keys = np.unique(np.concatenate([keys, extra[:, 0] * count + extra[:, 1]]))
    return keys // count, keys % count


def _random_pairs(count: int) -> tuple[IntArray, IntArray]:
    draw = np.random.default_rng(0).integers(0, count, (SAMPLED_PAIRS, 2))
    draw = np.sort(draw[draw[:, 0] != draw[:, 1]], axis=1)
    return draw[:, 0], draw[:, 1]


def _row_products(vectors: FloatArray, first: IntArray, second: IntArray) -> NDArray[np.float32]:
    """Dot product of each pair of rows, in blocks to bound the memory, float32 (P,)."""
    out = np.empty(len(first), np.float32)
    step = BLOCK * 32
    if len(vectors) <= ALL_PAIRS_UP_TO:
        return (vectors @ vectors.T)[first, second]
    for start in range(0, len(first), step):
        part = slice(start, start + step)
        out[part] = np.einsum("pd,pd->p", vectors[first[part]], vectors[second[part]])
    return out
