"""Squared distances among all items, asked for a tile or a list of pairs at a time: from embeddings or a matrix."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from crosscam.base.errors import InputError

PAIR_BYTES = 1 << 20  # of the gathered vectors of one chunk of pairs: they are read again at once, from the cache


class SquaredDistances(Protocol):
    """Symmetric squared distances among N items, never all at once."""

    def __len__(self) -> int:
        """N."""

    def tile(self, rows: slice, columns: slice) -> np.ndarray:
        """Squared distances of these items to those, a new float32 array; 0 up to rounding."""

    def pairs(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """Squared distance of every pair (rows[p], columns[p]), float32 (P,)."""


class FeatureDistances:
    """Squared Euclidean distances between embeddings (N, D)."""

    def __init__(self, features: np.ndarray) -> None:
        features = np.asarray(features, dtype=np.float32)
        if features.ndim != 2 or not np.isfinite(features).all():
            raise InputError(f"embeddings must be finite and of shape (N, D), got shape {features.shape}")
        self.features = features
        # |x - y|^2 = (-2 x, |x|^2, 1) . (y, 1, |y|^2): one product instead of a product and four passes over it.
        lengths = np.einsum("ij,ij->i", features, features)[:, None]
        ones = np.ones_like(lengths)
        self._left = np.concatenate([-2.0 * features, lengths, ones], axis=1)
        self._right = np.concatenate([features, ones, lengths], axis=1)

    def __len__(self) -> int:
        return len(self.features)

    def tile(self, rows: slice, columns: slice) -> np.ndarray:
        return self._left[rows] @ self._right[columns].T

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
            raise InputError(f"distances must be a square matrix over all items, got shape {matrix.shape}")
        if not np.isfinite(matrix).all() or matrix.min(initial=0.0) < -1e-5:
            raise InputError("distances must be finite and not negative")
        self.matrix = matrix
        self.squared = squared

    def __len__(self) -> int:
        return len(self.matrix)

    def tile(self, rows: slice, columns: slice) -> np.ndarray:
        return self._square(self.matrix[rows, columns])

    def pairs(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        return self._square(self.matrix[rows, columns])

    def _square(self, values: np.ndarray) -> np.ndarray:
        values = np.maximum(values, 0.0).astype(np.float32)
        return values if self.squared else np.square(values, out=values)
