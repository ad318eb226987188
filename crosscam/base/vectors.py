"""Vectors of unit length, whose inner products are cosines."""

from __future__ import annotations

import numpy as np


def unit_rows(vectors: np.ndarray) -> np.ndarray:
    """Vectors (..., D) scaled to unit length, float32; a vector of zeros stays as it is."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return (vectors / np.maximum(lengths, 1e-12)).astype(np.float32, copy=False)


def unit_vector(vector: np.ndarray) -> np.ndarray:
    """The vector (D,) scaled to unit length, float32; zeros stay."""
    return (vector / max(float(np.linalg.norm(vector)), 1e-12)).astype(np.float32)
