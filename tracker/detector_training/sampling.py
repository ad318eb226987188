"""An endless stream of training batches, made in a process beside the training."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import IterableDataset, get_worker_info

from tracker.detector_training.packed_images import Sample
from tracker.detector_training.pasting import paste_people
from tracker.detector_training.photometric import random_photometry
from tracker.detector_training.views import mosaic, random_view

Batch = tuple[Tensor, list[Tensor], list[Tensor]]


class RandomBatches(IterableDataset):
    """Augmented batches without end; each has random numbers of its own, so that a resumed training sees the same.

    Args:
        samples: What is drawn from, each with the same chance.
        crops: uint8 (N, 128, 64, 3), people to paste, or None.
        batch: Images per batch.
        size: Side of the square canvas, in pixels.
        mosaic_share: How often four images are combined.
        seed: With the batch's number, the start of its random numbers.
        first: Number of the first batch.
    """

    def __init__(
        self,
        samples: Sequence[Sample],
        crops: NDArray[np.uint8] | None,
        *,
        batch: int,
        size: int,
        mosaic_share: float,
        seed: int,
        first: int = 0,
    ) -> None:
        self._samples, self._crops, self._batch, self._size = samples, crops, batch, size
        self._mosaic_share, self._seed, self._first = mosaic_share, seed, first

    def __iter__(self) -> Iterator[Batch]:
        cv2.setNumThreads(0)
        worker = get_worker_info()
        start, step = (worker.id, worker.num_workers) if worker else (0, 1)
        for number in itertools.count(self._first + start, step):
            rng = np.random.default_rng([self._seed, number])
            yield collate([self._draw(rng) for _ in range(self._batch)])

    def _draw(self, rng: np.random.Generator) -> Sample:
        size = self._size
        if rng.random() < self._mosaic_share:
            view = mosaic([self._pick(rng) for _ in range(4)], size, (0.5 * size, 1.6 * size), rng)
        else:
            view = random_view(self._pick(rng), (size, size), (0.7 * size, 1.7 * size), rng)
        return Sample(random_photometry(view.image, rng), view.people, view.ignored)

    def _pick(self, rng: np.random.Generator) -> Sample:
        """One image, with pasted people more often where there were none."""
        sample = self._samples[int(rng.integers(len(self._samples)))]
        if self._crops is not None and rng.random() < (0.5 if len(sample.people) == 0 else 0.1):
            return paste_people(sample, self._crops, int(rng.integers(1, 5)), rng)
        return sample


def collate(samples: Sequence[Sample]) -> Batch:
    """uint8 (N, 3, H, W) in channels-last memory, and people (n, 4) and ignored regions (m, 4) of each image."""
    images = torch.from_numpy(np.stack([s.image for s in samples])).permute(0, 3, 1, 2)
    people = [torch.from_numpy(s.people) for s in samples]
    return images, people, [torch.from_numpy(s.ignored) for s in samples]
