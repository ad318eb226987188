"""k-reciprocal encodings, their expansion and their Jaccard distance, as sparse matrices.

Zhong et al., Re-ranking Person Re-identification with k-reciprocal Encoding, CVPR 2017: sections 3.2 to 3.4.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from reid.evaluation.item_distances import SquaredDistances


def encode(distances: SquaredDistances, order: np.ndarray, half: np.ndarray, row_max: np.ndarray) -> sparse.csr_matrix:
    """k-reciprocal encodings: row i weighs the expanded reciprocal neighbours of i by `exp(-d^2)`, summing to 1.

    Args:
        distances: Among N items.
        order: Neighbour lists, itself first, int64 (N, K).
        half: The shorter lists of the expansion, int64 (N, H).
        row_max: By which each row of squared distances is divided, (N,).

    Returns:
        float32 (N, N), with some dozens of entries per row.
    """
    reciprocal, candidates = _reciprocal(order), _reciprocal(half)
    sizes = np.asarray(candidates.sum(axis=1)).ravel()
    # |R(i) & R_half(q)| for the q in R(i) only; both matrices are symmetric.
    shared = (reciprocal @ candidates).multiply(reciprocal).tocoo()
    accepted = 3 * shared.data > 2 * sizes[shared.col]  # strictly more than two thirds
    added = sparse.csr_matrix(
        (np.ones(int(accepted.sum()), dtype=np.int32), (shared.row[accepted], shared.col[accepted])), reciprocal.shape
    )
    support = (reciprocal + added @ candidates).tocoo()
    near = distances.pairs(support.row, support.col) / positive(row_max)[support.row]
    weights = sparse.csr_matrix((np.exp(-near), (support.row, support.col)), reciprocal.shape)
    totals = np.asarray(weights.sum(axis=1)).ravel()
    weights.data /= np.repeat(totals, np.diff(weights.indptr)).astype(np.float32)
    return weights


def _reciprocal(order: np.ndarray) -> sparse.csr_matrix:
    """1 where two items are in each other's lists, int32 (N, N)."""
    rows, places = np.nonzero(order >= 0)
    size = len(order)
    listed = sparse.csr_matrix((np.ones(len(rows), dtype=np.int32), (rows, order[rows, places])), (size, size))
    return listed.multiply(listed.T).tocsr()


def average_over_neighbours(encodings: sparse.csr_matrix, lists: np.ndarray) -> sparse.csr_matrix:
    """Mean encoding of every item's listed neighbours (local query expansion)."""
    rows, places = np.nonzero(lists >= 0)
    share = (1.0 / np.maximum((lists >= 0).sum(axis=1), 1)).astype(np.float32)
    size = len(lists)
    return (sparse.csr_matrix((share[rows], (rows, lists[rows, places])), (size, size)) @ encodings).tocsr()


def jaccard_distances(queries: sparse.csr_matrix, holders: sparse.csr_matrix) -> np.ndarray:
    """Jaccard distances, `1 - m / (2 - m)` with `m = sum over columns of min(query's weight, gallery's weight)`.

    Only columns in which a query has weight count, and in them only the gallery items that hold weight: an inverted
    index.

    Args:
        queries: Encodings whose rows sum to 1, float32 (B, N).
        holders: Encodings of the gallery, transposed: row c holds the weights in column c, float32 (N, G).

    Returns:
        float32 (B, G), in [0, 1] up to rounding.
    """
    held = holders[queries.indices]  # (entries of the queries, G)
    weights = np.repeat(queries.data, np.diff(held.indptr))
    np.minimum(held.data, weights, out=held.data)
    # One row for the entries of one query: equal columns of a row are added when it becomes dense.
    rows = held.indptr[queries.indptr]
    shared = sparse.csr_matrix((held.data, held.indices, rows), (queries.shape[0], holders.shape[1])).toarray()
    np.divide(shared, 2.0 - shared, out=shared)
    return np.subtract(1.0, shared, out=shared)


def positive(values: np.ndarray) -> np.ndarray:
    """Divisors: 1 where all items coincide."""
    return np.where(values > 0, values, 1.0).astype(np.float32)
