"""k-reciprocal re-ranking in sparse, memory-bounded form.

Zhong et al., Re-ranking Person Re-identification with k-reciprocal Encoding, CVPR 2017. The dense reference holds
several N x N matrices; here only the neighbour lists, sparse encodings and the asked block exist, so memory is
O(N k1 + Q G). Re-ranking is transductive: a distance depends on every other item, so a live system re-ranks a short
list of candidates rather than all it has seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from reid.errors import ReidError
from reid.evaluation.neighbours import (
    FeatureDistances,
    MatrixDistances,
    SquaredDistances,
    blocks_of,
    nearest,
    nearest_by_camera,
)


@dataclass(frozen=True)
class RerankOptions:
    """Parameters of re-ranking; the defaults are the paper's.

    Attributes:
        k1: Length of the neighbour lists; with `own_camera`, of their part from other cameras.
        k2: Neighbours over which encodings are averaged (local query expansion); 1 is none.
        original: Weight (lambda) of the original squared distance in the result, in [0, 1].
        own_camera: None makes lists without regard to cameras. A number makes camera-aware ones, with so many
            neighbours from the item's own camera: 0 where a person has one tracklet per camera, so that all others of
            that camera are strangers; more where people return to a camera or samples are single images.
    """

    k1: int = 20
    k2: int = 6
    original: float = 0.3
    own_camera: int | None = None

    def __post_init__(self) -> None:
        if self.k1 < 1 or self.k2 < 1 or (self.own_camera or 0) < 0:
            raise ReidError(f"k1 and k2 must be at least 1 and own_camera not negative, got {self}")
        if not 0.0 <= self.original <= 1.0:
            raise ReidError(f"original must be in [0, 1], got {self.original}")

    @property
    def is_camera_aware(self) -> bool:
        """Whether camera numbers are needed."""
        return self.own_camera is not None


def rerank_features(
    features: np.ndarray,
    query_rows: np.ndarray,
    gallery_rows: np.ndarray,
    options: RerankOptions | None = None,
    cameras: np.ndarray | None = None,
) -> np.ndarray:
    """Re-ranked distances between embeddings; Euclidean, so unit vectors for cosine.

    Args:
        features: All items that take part, float32 (N, D).
        query_rows: Items that ask, int (Q,); an item may ask and answer.
        gallery_rows: Items that answer, int (G,).
        options: Default: the paper's.
        cameras: Camera of every item, int (N,); needed with `own_camera`.

    Returns:
        float32 (Q, G), in [0, 1].
    """
    return _collect(FeatureDistances(features), query_rows, gallery_rows, options, cameras)


def rerank_distances(
    distances: np.ndarray,
    query_rows: np.ndarray,
    gallery_rows: np.ndarray,
    *,
    squared: bool,
    options: RerankOptions | None = None,
    cameras: np.ndarray | None = None,
) -> np.ndarray:
    """Re-ranked distances from the distance matrix (N, N) of all items, `squared` or not; see `rerank_features`."""
    return _collect(MatrixDistances(distances, squared), query_rows, gallery_rows, options, cameras)


def _collect(
    distances: SquaredDistances,
    query_rows: np.ndarray,
    gallery_rows: np.ndarray,
    options: RerankOptions | None,
    cameras: np.ndarray | None,
) -> np.ndarray:
    result = np.empty((len(query_rows), len(gallery_rows)), dtype=np.float32)
    start = 0
    for block in rerank_blocks(distances, query_rows, gallery_rows, options, cameras):
        result[start : start + len(block)] = block
        start += len(block)
    return result


def rerank_blocks(
    distances: SquaredDistances,
    query_rows: np.ndarray,
    gallery_rows: np.ndarray,
    options: RerankOptions | None = None,
    cameras: np.ndarray | None = None,
) -> Iterator[np.ndarray]:
    """Re-ranked distances in consecutive blocks of queries, float32 (B, G): for results that do not fit into memory."""
    options = options or RerankOptions()
    query_rows, gallery_rows = np.asarray(query_rows, dtype=np.int64), np.asarray(gallery_rows, dtype=np.int64)
    if options.own_camera is not None:
        if cameras is None:
            raise ReidError("camera-aware re-ranking needs the camera of every item")
        lists = nearest_by_camera(distances, cameras, options.own_camera, options.k1)
        half = _half_by_camera(lists.order, options.own_camera)
    else:
        lists = nearest(distances, options.k1)
        half = lists.order[:, : round(options.k1 / 2) + 1]  # Python rounds half to even, as the reference does
    encodings = encode(distances, lists.order, half, lists.row_max)
    if options.k2 > 1:
        encodings = _average_over_neighbours(encodings, _expansion_lists(lists.order, options))
    index = _InvertedIndex(encodings[gallery_rows])
    for rows in blocks_of(len(query_rows), len(gallery_rows)):
        items = query_rows[rows]
        block = np.maximum(distances.block(items, gallery_rows), 0.0)
        block *= options.original / _positive(lists.row_max[items])[:, None]
        for place, item in enumerate(items):
            shared = index.overlap(encodings, item)  # (G,)
            block[place] += (1.0 - options.original) * (1.0 - shared / (2.0 - shared))
        yield block


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
    near = distances.pairs(support.row, support.col) / _positive(row_max)[support.row]
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


def _half_by_camera(order: np.ndarray, own_camera: int) -> np.ndarray:
    """Itself and the first half of each part of a camera-aware list."""
    own, other = order[:, 1 : 1 + own_camera], order[:, 1 + own_camera :]
    parts = [order[:, :1], own[:, : round(own.shape[1] / 2)], other[:, : round(other.shape[1] / 2)]]
    return np.concatenate(parts, axis=1)


def _expansion_lists(order: np.ndarray, options: RerankOptions) -> np.ndarray:
    """The first k2 entries; of a camera-aware list itself, one of the own camera (if any) and the nearest others."""
    if not options.own_camera:
        return order[:, : options.k2]
    others = order[:, 1 + options.own_camera :]
    return np.concatenate([order[:, :2], others], axis=1)[:, : options.k2]


def _average_over_neighbours(encodings: sparse.csr_matrix, lists: np.ndarray) -> sparse.csr_matrix:
    """Mean encoding of every item's listed neighbours (local query expansion)."""
    rows, places = np.nonzero(lists >= 0)
    share = (1.0 / np.maximum((lists >= 0).sum(axis=1), 1)).astype(np.float32)
    size = len(lists)
    return (sparse.csr_matrix((share[rows], (rows, lists[rows, places])), (size, size)) @ encodings).tocsr()


def _positive(values: np.ndarray) -> np.ndarray:
    """Divisors: 1 where all items coincide."""
    return np.where(values > 0, values, 1.0).astype(np.float32)


class _InvertedIndex:
    """For every column the gallery items that have weight there."""

    def __init__(self, encodings: sparse.csr_matrix) -> None:
        columns = encodings.tocsc()
        self._starts, self._items, self._weights = columns.indptr, columns.indices, columns.data
        self._size = encodings.shape[0]

    def overlap(self, encodings: sparse.csr_matrix, item: int) -> np.ndarray:
        """`sum over columns of min(item's weight, gallery's weight)` for every gallery item, float32 (G,)."""
        own = slice(encodings.indptr[item], encodings.indptr[item + 1])
        columns, weights = encodings.indices[own], encodings.data[own]
        starts = self._starts[columns]
        lengths = self._starts[columns + 1] - starts
        total = int(lengths.sum())
        # Positions of all entries of these columns, one column after the other.
        skipped = np.cumsum(lengths) - lengths
        entries = np.arange(total) + np.repeat(starts - skipped, lengths)
        shared = np.minimum(self._weights[entries], np.repeat(weights, lengths))
        return np.bincount(self._items[entries], weights=shared, minlength=self._size).astype(np.float32)
