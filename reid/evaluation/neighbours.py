"""Nearest-neighbour lists in bounded memory: a block of rows at a time, from embeddings or from a distance matrix."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from reid.errors import ReidError
from reid.evaluation.smallest import smallest

BLOCK_BYTES = 64 << 20  # of one float32 block of distances
THREADS = min(4, os.cpu_count() or 1)  # NumPy's loops use one core each; every thread holds one block
PAIR_BYTES = 1 << 20  # of the gathered vectors of one chunk of pairs: they are read again at once, from the cache


class SquaredDistances(Protocol):
    """Squared distances among N items, never all at once."""

    def __len__(self) -> int:
        """N."""

    def block(self, rows: np.ndarray, columns: np.ndarray | None = None) -> np.ndarray:
        """Squared distances of these rows to these (default: all) columns, a new float32 array; 0 up to rounding."""

    def pairs(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """Squared distance of every pair (rows[p], columns[p]), float32 (P,)."""


class FeatureDistances:
    """Squared Euclidean distances between embeddings (N, D)."""

    def __init__(self, features: np.ndarray) -> None:
        features = np.asarray(features, dtype=np.float32)
        if features.ndim != 2 or not np.isfinite(features).all():
            raise ReidError(f"embeddings must be finite and of shape (N, D), got shape {features.shape}")
        self.features = features
        # |x - y|^2 = (-2 x, |x|^2, 1) . (y, 1, |y|^2): one product instead of a product and four passes over it.
        lengths = np.einsum("ij,ij->i", features, features)[:, None]
        ones = np.ones_like(lengths)
        self._left = np.concatenate([-2.0 * features, lengths, ones], axis=1)
        self._right = np.concatenate([features, ones, lengths], axis=1)

    def __len__(self) -> int:
        return len(self.features)

    def block(self, rows: np.ndarray, columns: np.ndarray | None = None) -> np.ndarray:
        return self._left[rows] @ (self._right if columns is None else self._right[columns]).T

    def pairs(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        result = np.empty(len(rows), dtype=np.float32)
        step = max(1, PAIR_BYTES // (4 * self.features.shape[1]))
        for start in range(0, len(rows), step):
            part = slice(start, start + step)
            difference = self.features[rows[part]] - self.features[columns[part]]  # (P, D)
            np.einsum("ij,ij->i", difference, difference, out=result[part])
        return result


class MatrixDistances:
    """A given symmetric distance matrix (N, N).

    Args:
        matrix: Distances, not negative.
        squared: Whether they are squared already. It must be said: re-ranking squares exactly once, and codes that
            square again (or not at all) are common.
    """

    def __init__(self, matrix: np.ndarray, squared: bool) -> None:
        matrix = np.asarray(matrix)
        if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
            raise ReidError(f"distances must be a square matrix over all items, got shape {matrix.shape}")
        if not np.isfinite(matrix).all() or matrix.min(initial=0.0) < -1e-5:
            raise ReidError("distances must be finite and not negative")
        self.matrix = matrix
        self.squared = squared

    def __len__(self) -> int:
        return len(self.matrix)

    def block(self, rows: np.ndarray, columns: np.ndarray | None = None) -> np.ndarray:
        return self._square(self.matrix[rows] if columns is None else self.matrix[np.ix_(rows, columns)])

    def pairs(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        return self._square(self.matrix[rows, columns])

    def _square(self, values: np.ndarray) -> np.ndarray:
        values = np.maximum(values, 0.0).astype(np.float32)
        return values if self.squared else np.square(values, out=values)


@dataclass(frozen=True, eq=False)
class NeighbourLists:
    """For every item its nearest items in ascending order, itself first.

    Attributes:
        order: int64 (N, K); -1 fills lists that are shorter.
        row_max: Largest squared distance of every item, float32 (N,).
    """

    order: np.ndarray
    row_max: np.ndarray


def blocks_of(total: int, width: int) -> Iterator[np.ndarray]:
    """Consecutive row numbers 0...total-1 in blocks whose float32 rows of `width` columns fit into `BLOCK_BYTES`."""
    step = max(1, BLOCK_BYTES // (4 * max(width, 1)))
    for start in range(0, total, step):
        yield np.arange(start, min(start + step, total))


def for_each_block(work: Callable[[np.ndarray], None], total: int, width: int) -> None:
    """Call `work` with the row numbers of every block, several blocks at a time."""
    with ThreadPoolExecutor(THREADS) as pool:
        for _ in pool.map(work, blocks_of(total, width)):
            pass


def nearest(distances: SquaredDistances, count: int) -> NeighbourLists:
    """Lists of the item itself and its `count` nearest others."""
    size = len(distances)
    order = np.empty((size, min(count, size - 1) + 1), dtype=np.int64)
    row_max = np.empty(size, dtype=np.float32)

    def list_block(rows: np.ndarray) -> None:
        block = distances.block(rows)
        row_max[rows] = block.max(axis=1)
        block[np.arange(len(rows)), rows] = -1.0  # itself first, also where copies of it exist
        order[rows] = smallest(block, order.shape[1])

    for_each_block(list_block, size, size)
    return NeighbourLists(order, row_max)


def nearest_by_camera(distances: SquaredDistances, cameras: np.ndarray, own: int, other: int) -> NeighbourLists:
    """Lists of the item itself, its `own` nearest in its camera and its `other` nearest in all other cameras.

    Views of one camera resemble one another, so plain lists fill with strangers of the own camera before they reach
    the same person elsewhere. Idea: Chen et al., CA-Jaccard, CVPR 2024.

    Args:
        distances: Among N items.
        cameras: int (N,).
        own: Neighbours from the item's own camera.
        other: Neighbours from the other cameras.
    """
    size = len(distances)
    cameras = np.asarray(cameras)
    if cameras.shape != (size,):
        raise ReidError(f"got {cameras.shape} camera ids for {size} items")
    order = np.empty((size, 1 + own + other), dtype=np.int64)
    row_max = np.empty(size, dtype=np.float32)

    def list_block(rows: np.ndarray) -> None:
        block = distances.block(rows)
        row_max[rows] = block.max(axis=1)
        same = cameras[rows, None] == cameras[None, :]
        block[np.arange(len(rows)), rows] = np.inf
        order[rows, 0] = rows
        order[rows, 1 : 1 + own] = smallest(np.where(same, block, np.inf), own)
        order[rows, 1 + own :] = smallest(np.where(same, np.inf, block), other)

    for_each_block(list_block, size, size)
    return NeighbourLists(order, row_max)
