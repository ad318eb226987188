"""Margin sample mining loss: one hardest positive and one hardest negative pair of the whole batch."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from reid.losses.distances import euclidean_distances, no_loss, pair_masks


class MarginSampleMiningLoss(nn.Module):
    """`(max over positive pairs - min over negative pairs + margin)_+`, one value per batch.

    Xiao et al., Margin Sample Mining Loss, arXiv:1710.00478. The gradient comes through two pairs only and is noisy:
    for large batches, or beside batch hard.
    """

    def __init__(self, margin: float = 0.3) -> None:
        super().__init__()
        if margin < 0:
            raise ValueError(f"margin must not be negative, got {margin}")
        self.margin = margin

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        """Scalar from features (N, D) and identities, int64 (N,)."""
        positive, negative = pair_masks(labels)
        if not (positive.any() and negative.any()):
            return no_loss(features, "the batch lacks positive or negative pairs")
        distances = euclidean_distances(features)
        hardest = torch.max(distances[positive]) - torch.min(distances[negative])
        return (hardest + self.margin).clamp(min=0.0)
