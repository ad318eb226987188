"""The embedding of a tracklet that is still growing, updated in constant time and memory per frame."""

from __future__ import annotations

import numpy as np


class StreamingMean:
    """Weighted mean of unit embeddings, kept as a sum and a total: equal to the mean over all frames at once.

    Args:
        dimension: D of the embeddings.
    """

    def __init__(self, dimension: int) -> None:
        self._sum = np.zeros(dimension, np.float64)
        self.weight = 0.0
        self.frames = 0

    def add(self, embedding: np.ndarray, weight: float = 1.0) -> None:
        """Take one frame's unit embedding (D,) with its quality as the weight, at least 0.

        Raises:
            ValueError: A negative or non-finite weight, or another dimension.
        """
        if not (weight >= 0.0 and np.isfinite(weight)):
            raise ValueError(f"weight must be finite and not negative, got {weight}")
        if embedding.shape != self._sum.shape:
            raise ValueError(f"embedding must have shape {self._sum.shape}, got {embedding.shape}")
        self._sum += weight * embedding
        self.weight += weight
        self.frames += 1

    def embedding(self) -> np.ndarray | None:
        """Unit vector, float32 (D,), or None before the first frame of positive weight."""
        length = float(np.linalg.norm(self._sum))
        return (self._sum / length).astype(np.float32) if length > 0.0 else None
