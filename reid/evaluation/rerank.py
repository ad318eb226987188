"""k-reciprocal re-ranking in sparse, memory-bounded form.

Zhong et al., Re-ranking Person Re-identification with k-reciprocal Encoding, CVPR 2017. The dense reference holds
several N x N matrices; here only the neighbour lists, sparse encodings and the asked block exist, so memory is
O(N k1 + Q G). Re-ranking is transductive: a distance depends on every other item, so a live system re-ranks a short
list of candidates rather than all it has seen.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crosscam.base.errors import InputError
from reid.evaluation.item_distances import FeatureDistances, MatrixDistances, SquaredDistances
from reid.evaluation.k_reciprocal import average_over_neighbours, encode, jaccard_distances, positive
from reid.evaluation.neighbours import NeighbourLists, Watcher, nearest, nearest_by_camera

QUERIES = 32  # whose Jaccard distances are made at a time: their entries stay in the cache


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
            raise InputError(f"k1 and k2 must be at least 1 and own_camera not negative, got {self}")
        if not 0.0 <= self.original <= 1.0:
            raise InputError(f"original must be in [0, 1], got {self.original}")

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
    return _rerank(FeatureDistances(features), query_rows, gallery_rows, options, cameras)


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
    return _rerank(MatrixDistances(distances, squared), query_rows, gallery_rows, options, cameras)


def _rerank(
    distances: SquaredDistances,
    query_rows: np.ndarray,
    gallery_rows: np.ndarray,
    options: RerankOptions | None,
    cameras: np.ndarray | None,
) -> np.ndarray:
    options = options or RerankOptions()
    asked = _Asked(_checked(query_rows, len(distances)), _checked(gallery_rows, len(distances)))
    lists, half = _neighbours(distances, options, cameras, asked.keep)
    encodings = encode(distances, lists, half)
    if options.k2 > 1:
        encodings = average_over_neighbours(encodings, _expansion_lists(lists.order, options))
    holders = encodings[asked.gallery].T.tocsr()
    weights = options.original / positive(lists.row_max[asked.queries])
    for start in range(0, len(weights), QUERIES):
        part = slice(start, start + QUERIES)
        block = np.maximum(asked.distances[part], 0.0, out=asked.distances[part])
        block *= weights[part, None]
        block += (1.0 - options.original) * jaccard_distances(encodings[asked.queries[part]], holders)
    return asked.distances


def _checked(rows: np.ndarray, size: int) -> np.ndarray:
    rows = np.asarray(rows, dtype=np.int64)
    if rows.ndim != 1 or rows.min(initial=0) < 0 or rows.max(initial=-1) >= size:
        raise InputError(f"queries and gallery must be lists of rows from 0 to {size - 1}")
    return rows


def _neighbours(
    distances: SquaredDistances, options: RerankOptions, cameras: np.ndarray | None, watch: Watcher
) -> tuple[NeighbourLists, np.ndarray]:
    """The lists, and the shorter ones of the expansion, int64 (N, H)."""
    if options.own_camera is None:
        lists = nearest(distances, options.k1, watch)
        return lists, lists.order[:, : round(options.k1 / 2) + 1]  # rounds half to even, as the reference does
    if cameras is None:
        raise InputError("camera-aware re-ranking needs the camera of every item")
    lists = nearest_by_camera(distances, cameras, options.own_camera, options.k1, watch)
    return lists, _half_by_camera(lists.order, options.own_camera)


class _Asked:
    """Squared distances of the queries to the gallery, float32 (Q, G), picked up as all distances pass by."""

    def __init__(self, queries: np.ndarray, gallery: np.ndarray) -> None:
        self.queries, self.gallery = queries, gallery
        self.distances = np.zeros((len(queries), len(gallery)), dtype=np.float32)

    def keep(self, tile: np.ndarray, rows: slice, columns: slice) -> None:
        """Keep what the tile has of them, on either side."""
        self._keep(tile, rows, columns)
        self._keep(tile.T, columns, rows)

    def _keep(self, tile: np.ndarray, rows: slice, columns: slice) -> None:
        asking, answering = _within(self.queries, rows), _within(self.gallery, columns)
        inside = _block(self.queries[asking] - rows.start, self.gallery[answering] - columns.start)
        self.distances[_block(asking, answering)] = tile[inside]


def _within(items: np.ndarray, run: slice) -> np.ndarray:
    """Places, in a list of items, of those in a run of consecutive ones."""
    return np.flatnonzero((items >= run.start) & (items < run.stop))


def _block(rows: np.ndarray, columns: np.ndarray) -> tuple[np.ndarray | slice, ...]:
    """Index of the block of a matrix where these rows and columns meet; of runs a view, which is much faster."""
    runs = [slice(int(i[0]), int(i[-1]) + 1) for i in (rows, columns) if len(i) and (np.diff(i) == 1).all()]
    return tuple(runs) if len(runs) == 2 else np.ix_(rows, columns)


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
