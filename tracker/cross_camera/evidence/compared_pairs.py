"""Pairs of tracklets that are worth comparing, with their similarity: all of them, or the nearest in a large run."""

from __future__ import annotations

from collections.abc import Iterator
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
        nearest: The nearest others of each item, int64 (N, K), in a large run; None where every pair is compared.
    """

    first: IntArray
    second: IntArray
    similarity: FloatArray
    sample_first: IntArray
    sample_second: IntArray
    sample_similarity: FloatArray
    nearest: IntArray | None = None


def score_pairs(vectors: FloatArray, extra: IntArray, nearest: IntArray | None = None) -> ScoredPairs:
    """Similarity of the pairs worth comparing, with local contrast.

    Contrast: similarity less half of how similar both tracklets are to their nearest neighbours, so that hubs, vectors
    near to everybody, lose. After cross-domain similarity local scaling (Lample et al., Word Translation Without
    Parallel Data, ICLR 2018, arXiv:1710.04087). Departure: half the weight, and the mean is put back to keep the scale.

    Args:
        vectors: Unit vectors, float32 (N, D).
        extra: Pairs that must be among the scored ones, int64 (Q, 2).
        nearest: From an earlier call with nearly the same vectors, to save the search in a large run.
    """
    count = len(vectors)
    if count < 2:
        nothing, scores = np.zeros(0, np.int64), np.zeros(0, np.float32)
        return ScoredPairs(nothing, nothing, scores, nothing, nothing, scores)
    if count <= ALL_PAIRS_UP_TO:
        first, second = (index.astype(np.int64) for index in np.triu_indices(count, 1))
        scores = _contrast((vectors @ vectors.T)[first, second], _crowding(vectors), first, second)
        return ScoredPairs(first, second, scores, first, second, scores)
    if nearest is None:
        nearest = _nearest(vectors)
    first, second, listed = _union(nearest, extra)
    products = _row_products(vectors, first, second)
    crowd = _mean_of_largest(products[listed], CROWD)
    sample_first, sample_second = _random_pairs(count)
    sampled = _row_products(vectors, sample_first, sample_second)
    return ScoredPairs(
        first,
        second,
        _contrast(products, crowd, first, second),
        sample_first,
        sample_second,
        _contrast(sampled, crowd, sample_first, sample_second),
        nearest,
    )


def _contrast(products: FloatArray, crowd: FloatArray, first: IntArray, second: IntArray) -> FloatArray:
    return products - 0.25 * (crowd[first] + crowd[second]) + 0.5 * crowd.mean()


def _crowding(vectors: FloatArray) -> FloatArray:
    """Mean similarity of each item to the nearest others, among all, float32 (N,)."""
    count = len(vectors)
    crowd = np.zeros(count, np.float32)
    if count < 3:
        return crowd
    for rows, block in _blocks(vectors):
        crowd[rows] = _mean_of_largest(block, min(count // 3, CROWD))
    return crowd


def _nearest(vectors: FloatArray) -> IntArray:
    """The NEAREST others of each item, or all where there are fewer, int64 (N, K)."""
    keep = min(NEAREST, len(vectors) - 1)
    nearest = np.empty((len(vectors), keep), np.int64)
    for rows, block in _blocks(vectors):
        nearest[rows] = np.argpartition(block, -keep, axis=1)[:, -keep:]
    return nearest


def _blocks(vectors: FloatArray) -> Iterator[tuple[IntArray, FloatArray]]:
    """Rows by the block, and their similarity to all items, -inf to themselves, float32 (B, N)."""
    for start in range(0, len(vectors), BLOCK):
        rows = np.arange(start, min(start + BLOCK, len(vectors)))
        block = vectors[rows] @ vectors.T
        block[np.arange(len(rows)), rows] = -np.inf
        yield rows, block


def _mean_of_largest(similarities: FloatArray, number: int) -> FloatArray:
    """Mean of the largest in each row, float32 (N, K) -> (N,)."""
    return -np.partition(-similarities, number - 1, axis=1)[:, :number].mean(axis=1)


def _union(nearest: IntArray, extra: IntArray) -> tuple[IntArray, IntArray, IntArray]:
    """Each pair once, first below second, int64 (P,) twice, and where each of the nearest is in them, (N, K)."""
    count = len(nearest)
    rows = np.arange(count)[:, None]
    keys = np.minimum(rows, nearest) * count + np.maximum(rows, nearest)  # (N, K)
    unique, listed = np.unique(np.concatenate([keys.ravel(), extra[:, 0] * count + extra[:, 1]]), return_inverse=True)
    return unique // count, unique % count, listed[: keys.size].reshape(keys.shape)


def _random_pairs(count: int) -> tuple[IntArray, IntArray]:
    draw = np.random.default_rng(0).integers(0, count, (SAMPLED_PAIRS, 2))
    draw = np.sort(draw[draw[:, 0] != draw[:, 1]], axis=1)
    return draw[:, 0], draw[:, 1]


def _row_products(vectors: FloatArray, first: IntArray, second: IntArray) -> NDArray[np.float32]:
    """Dot product of each pair of rows, in blocks to bound the memory, float32 (P,)."""
    out = np.empty(len(first), np.float32)
    step = BLOCK * 32
    for start in range(0, len(first), step):
        part = slice(start, start + step)
        out[part] = np.einsum("pd,pd->p", vectors[first[part]], vectors[second[part]])
    return out
