"""Pairwise Euclidean distances and pair masks, shared by the metric losses."""

from __future__ import annotations

import logging

import torch
from torch import Tensor

logger = logging.getLogger(__name__)
MIN_SQUARED_DISTANCE = 1e-12  # keeps the gradient of the square root finite


def at_least_float32(values: Tensor) -> Tensor:
    """Half-precision tensors as float32; float32 and float64 as they are."""
    return values.float() if values.dtype in (torch.float16, torch.bfloat16) else values


def euclidean_distances(rows: Tensor, columns: Tensor | None = None) -> Tensor:
    """Distance of every row of `rows` (N, D) to every row of `columns` (M, D; default: `rows`).

    Computed in float32 even under autocast: the three-term form loses its precision in half precision.

    Returns:
        float32 (N, M), at least 1e-6, differentiable everywhere.
    """
    columns = rows if columns is None else columns
    with torch.autocast(device_type=rows.device.type, enabled=False):
        rows, columns = at_least_float32(rows), at_least_float32(columns)
        squared = rows.square().sum(1, keepdim=True) + columns.square().sum(1) - 2.0 * rows @ columns.T  # (N, M)
        return squared.clamp(min=MIN_SQUARED_DISTANCE).sqrt()


def pair_masks(labels: Tensor) -> tuple[Tensor, Tensor]:
    """Positive pairs (same label, not the item itself) and negative pairs, bool (N, N) each, from labels (N,)."""
    same = labels[:, None] == labels[None, :]
    itself = torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    return same & ~itself, ~same


def no_loss(features: Tensor, reason: str) -> Tensor:
    """A zero that is still part of the graph, for a batch on which a loss is undefined; the reason is logged."""
    logger.warning("metric loss skipped: %s", reason)
    return at_least_float32(features).sum() * 0.0
