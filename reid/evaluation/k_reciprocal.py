"""k-reciprocal encodings, their expansion and their Jaccard distance, as sparse matrices.

Zhong et al., Re-ranking Person Re-identification with k-reciprocal Encoding, CVPR 2017: sections 3.2 to 3.4.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from reid.evaluation.item_distances import SquaredDistances
from reid.evaluation.neighbours import NeighbourLists


def encode(distances: SquaredDistances, lists: NeighbourLists, half: np.ndarray) -> sparse.csr_matrix:
    """k-reciprocal encodings: row i weighs the expanded reciprocal neighbours of i by `exp(-d^2)`, summing to 1.

    Args:
        distances: Among N items; divided by the largest of each row, as `d^2` above is.
        lists: Neighbours of every item.
        half: The shorter lists of the expansion, int64 (N, H).

    Returns:
        float32 (N, N), with some dozens of entries per row.
    """
    scale = positive(lists.row_max)
    reciprocal, candidates = reciprocal_neighbours(lists.order), reciprocal_neighbours(half)
    added = accepted(reciprocal, candidates) @ candidates
    further = added - added.multiply(reciprocal)
    further.eliminate_zeros()
    rows, columns = further.nonzero()
    listed = _matrix(lists.order, np.exp(-lists.squared / scale[:, None]))
    expanded = sparse.csr_matrix((np.exp(-distances.pairs(rows, columns) / scale[rows]), (rows, columns)), listed.shape)
    weights = (listed.multiply(reciprocal) + expanded).tocsr()
    totals = np.asarray(weights.sum(axis=1)).ravel()
    weights.data /= np.repeat(totals, np.diff(weights.indptr))
    return weights


def reciprocal_neighbours(order: np.ndarray) -> sparse.csr_matrix:
    """1 where two items are in each other's lists (N, K), float32 (N, N): the sets `R(i, k)`."""
    listed = _matrix(order, np.ones(order.shape, dtype=np.float32))
    return listed.multiply(listed.T).tocsr()


def accepted(reciprocal: sparse.csr_matrix, candidates: sparse.csr_matrix) -> sparse.csr_matrix:
    """1 where the half list of a reciprocal neighbour q joins the set of i, float32 (N, N).

    It does where more than two thirds of it are in the set already: `|R(i, k) & R(q, k/2)| > 2/3 |R(q, k/2)|`.
    """
    sizes = np.asarray(candidates.sum(axis=1)).ravel()
    shared = (reciprocal @ candidates).multiply(reciprocal).tocoo()  # both matrices are symmetric
    enough = 3 * shared.data > 2 * sizes[shared.col]
    ones = np.ones(int(enough.sum()), dtype=np.float32)
    return sparse.csr_matrix((ones, (shared.row[enough], shared.col[enough])), reciprocal.shape)


def _matrix(order: np.ndarray, values: np.ndarray) -> sparse.csr_matrix:
    """The values (N, K) of the entries of lists (N, K) at their places, float32 (N, N)."""
    rows, places = np.nonzero(order >= 0)
    return sparse.csr_matrix((values[rows, places], (rows, order[rows, places])), (len(order), len(order)))


def average_over_neighbours(encodings: sparse.csr_matrix, lists: np.ndarray) -> sparse.csr_matrix:
    """Mean encoding of every item's listed neighbours (local query expansion)."""
    share = (1.0 / np.maximum((lists >= 0).sum(axis=1, keepdims=True), 1)).astype(np.float32)  # (N, 1)
    return (_matrix(lists, np.broadcast_to(share, lists.shape)) @ encodings).tocsr()


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
