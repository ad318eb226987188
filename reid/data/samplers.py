"""Which images form a batch. Batch i is a function of the seed and i alone, so a resumed run sees the same batches."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from crosscam.base.errors import TrainingError


class BatchSampler(Protocol):
    """Indices of batch 0, 1, 2, ... without end."""

    def batch(self, number: int) -> np.ndarray:
        """int64 (N,): positions in the training set."""


class RandomBatches:
    """Shuffled passes over all images; the last, incomplete batch of a pass is left out.

    Args:
        count: Number of images.
        batch_size: Images per batch; all images where there are fewer.
        seed: Of all passes.
    """

    def __init__(self, count: int, batch_size: int, seed: int = 0) -> None:
        if count < 2:
            raise TrainingError(f"training needs at least two images, got {count}")
        self._count = count
        self._size = min(batch_size, count)
        self._seed = seed
        self._pass = -1
        self._order = np.zeros(0, np.int64)

    def batch(self, number: int) -> np.ndarray:
        """int64 (batch_size,)."""
        per_pass = self._count // self._size
        if number // per_pass != self._pass:
            self._pass = number // per_pass
            self._order = np.random.default_rng([self._seed, 0, self._pass]).permutation(self._count)
        start = number % per_pass * self._size
        return self._order[start : start + self._size]


class IdentityBatches:
    """P x K batches: P identities with K images each, every identity once per pass (Hermans et al., arXiv:1703.07737).

    An identity with fewer than K images gives some of them more than once.

    Args:
        labels: int64 (M,), one per image.
        batch_size: P * K.
        per_identity: K, at least 2.
        seed: Of all passes.

    Raises:
        TrainingError: Fewer than two identities, or a batch size that K does not divide.
    """

    def __init__(self, labels: np.ndarray, batch_size: int, per_identity: int, seed: int = 0) -> None:
        if per_identity < 2 or batch_size % per_identity:
            raise TrainingError(f"batch size {batch_size} cannot hold identities with {per_identity} images each")
        order = np.argsort(labels, kind="stable")
        _, starts = np.unique(labels[order], return_index=True)
        self._images = np.split(order, starts[1:])
        if len(self._images) < 2:
            raise TrainingError(f"identity batches need at least two identities, got {len(self._images)}")
        self._per_identity = per_identity
        self._identities = min(batch_size // per_identity, len(self._images))
        self._seed = seed
        self._pass = -1
        self._order = np.zeros(0, np.int64)

    def batch(self, number: int) -> np.ndarray:
        """int64 (P * K,), the images of one identity next to each other."""
        per_pass = len(self._images) // self._identities
        if number // per_pass != self._pass:
            self._pass = number // per_pass
            self._order = np.random.default_rng([self._seed, 1, self._pass]).permutation(len(self._images))
        start = number % per_pass * self._identities
        generator = np.random.default_rng([self._seed, 2, number])
        chosen = [self._images[i] for i in self._order[start : start + self._identities]]
        few = self._per_identity
        return np.concatenate([generator.choice(images, few, replace=len(images) < few) for images in chosen])
