"""Distance matrices between embeddings, as numpy arrays."""

from __future__ import annotations

import numpy as np


def cosine_distances(queries: np.ndarray, gallery: np.ndarray) -> np.ndarray:
    """`1 - cosine` from unit vectors (Q, D) and (G, D), float32 (Q, G) in [0, 2] up to rounding."""
    result = np.asarray(queries, dtype=np.float32) @ np.asarray(gallery, dtype=np.float32).T  # (Q, G)
    np.subtract(1.0, result, out=result)
    return result


def squared_euclidean_distances(queries: np.ndarray, gallery: np.ndarray) -> np.ndarray:
    """Squared Euclidean distances, not negative, from vectors (Q, D) and (G, D), float32 (Q, G)."""
    queries, gallery = np.asarray(queries, dtype=np.float32), np.asarray(gallery, dtype=np.float32)
    result = queries @ gallery.T  # (Q, G)
    result *= -2.0
    result += np.einsum("ij,ij->i", queries, queries)[:, None]
    result += np.einsum("ij,ij->i", gallery, gallery)
    return np.maximum(result, 0.0, out=result)
