"""Batches: of the right shapes, and the same again from any number on."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from tracker.detector_training.packed_images import Sample
from tracker.detector_training.sampling import Batch, RandomBatches, collate

NONE = np.zeros((0, 4), np.float32)


def samples() -> list[Sample]:
    random = np.random.default_rng(0)
    images = [random.integers(0, 255, (90, 120, 3), np.uint8) for _ in range(3)]
    box = np.array([[30, 10, 60, 80]], np.float32)
    return [Sample(images[0], box, NONE), Sample(images[1], NONE, box), Sample(images[2], NONE, NONE)]


def batches(first: int = 0, mosaic_share: float = 0.5) -> RandomBatches:
    crops = np.full((2, 128, 64, 3), 200, np.uint8)
    return RandomBatches(samples(), crops, batch=4, size=96, mosaic_share=mosaic_share, seed=7, first=first)


def assert_same(a: Batch, b: Batch) -> None:
    assert torch.equal(a[0], b[0])
    for mine, theirs in zip(a[1] + a[2], b[1] + b[2], strict=True):
        assert torch.equal(mine, theirs)


@pytest.mark.parametrize("mosaic_share", [0.0, 1.0])
def test_images_and_boxes_of_a_batch(mosaic_share: float) -> None:
    images, people, ignored = next(iter(batches(mosaic_share=mosaic_share)))
    assert images.shape == (4, 3, 96, 96)
    assert images.dtype == torch.uint8
    assert images.is_contiguous(memory_format=torch.channels_last)
    assert len(people) == len(ignored) == 4
    for boxes in people + ignored:
        assert boxes.shape[1:] == (4,)
        assert boxes.dtype == torch.float32
        assert ((boxes >= 0) & (boxes <= 96)).all()


def test_a_resumed_stream_continues_where_it_was() -> None:
    """Batch 3 is the same whether it comes fourth or first."""
    whole, resumed = list(islice(batches(), 5)), list(islice(batches(first=3), 2))
    assert_same(whole[3], resumed[0])
    assert_same(whole[4], resumed[1])
    assert not torch.equal(whole[0][0], whole[1][0])


def test_a_process_beside_makes_the_same_batches() -> None:
    alone = list(islice(batches(), 2))
    for mine, theirs in zip(alone, DataLoader(batches(), batch_size=None, num_workers=1), strict=False):
        assert_same(mine, theirs)


def test_collating_keeps_colours_in_place() -> None:
    image = np.zeros((8, 8, 3), np.uint8)
    image[2, 5] = (1, 2, 3)
    images, _, _ = collate([Sample(image, NONE, NONE)])
    assert images[0, :, 2, 5].tolist() == [1, 2, 3]
