"""From batch numbers to augmented images, in line or one batch ahead in threads."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from reid.data.samplers import BatchSampler, IdentityBatches, RandomBatches
from reid.data.transforms import augment_batch
from reid.training import distributed
from reid.training.data import TrainingData
from reid.training.options import TrainOptions


@dataclass(frozen=True, eq=False)
class Batch:
    """This process's share of a batch: uint8 BGR images (N, H, W, 3) and class numbers (N,)."""

    images: np.ndarray
    labels: np.ndarray


class BatchMaker:
    """Draws and augments batches. A batch depends on its number, its sampler and the seed, on nothing before it.

    Args:
        data: Images and labels.
        options: Of the run.
    """

    def __init__(self, data: TrainingData, options: TrainOptions) -> None:
        self._data = data
        self._options = options
        sizes = options.batches
        self._samplers: dict[bool, BatchSampler] = {
            True: RandomBatches(len(data.labels), sizes.batch_size, options.seed),
        }
        if sizes.name == "identity":
            self._samplers[False] = IdentityBatches(data.labels, sizes.batch_size, sizes.per_identity, options.seed)
        self._drawn = {True: 0, False: 0}
        self._pool = ThreadPoolExecutor(options.workers) if options.workers else None
        self._pending: _Pending | None = None

    @property
    def pending(self) -> bool:
        """Whether a batch was requested and not taken yet."""
        return self._pending is not None

    @property
    def taken(self) -> dict[bool, int]:
        """Batches that each sampler (random: True) has given and that were taken: what a resumed run starts from."""
        return {key: n - (self._pending is not None and self._pending.random == key) for key, n in self._drawn.items()}

    @taken.setter
    def taken(self, counts: dict[bool, int]) -> None:
        self._drawn, self._pending = dict(counts), None

    def request(self, random: bool, step: int, progress: float) -> None:
        """Start on the batch of a step, in the threads where there are some; `take` returns it."""
        random = random or False not in self._samplers
        indices = distributed.share(self._samplers[random].batch(self._drawn[random]))
        self._drawn[random] += 1
        augmentation = self._options.augmentation
        share = progress / augmentation.ramp if augmentation.ramp else 1.0
        crop = augmentation.crop.scaled(augmentation.start + (1.0 - augmentation.start) * min(share, 1.0))
        place = [self._options.seed, 3, step, distributed.rank()]

        def make(number: int, positions: np.ndarray) -> np.ndarray:
            generator = np.random.default_rng([*place, number])
            return augment_batch(self._data.images.take(positions), self._options.input_size, generator, crop)

        parts = np.array_split(indices, max(self._options.workers, 1))
        if self._pool is None:
            done: Future[np.ndarray] = Future()
            done.set_result(make(0, parts[0]))
            futures = [done]
        else:
            futures = [self._pool.submit(make, number, part) for number, part in enumerate(parts)]
        self._pending = _Pending(random, futures, indices)

    def take(self) -> Batch:
        """The batch that was requested last."""
        if self._pending is None:
            raise RuntimeError("no batch was requested")
        pending, self._pending = self._pending, None
        images = np.concatenate([future.result() for future in pending.parts])
        return Batch(images, self._data.labels[pending.indices])

    def close(self) -> None:
        """Stop the threads."""
        if self._pool:
            self._pool.shutdown(cancel_futures=True)


@dataclass(frozen=True, eq=False)
class _Pending:
    """A batch that is being made."""

    random: bool
    parts: list[Future[np.ndarray]]
    indices: np.ndarray
