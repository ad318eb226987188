"""Soft batch-hard triplet loss: adaptive weights instead of the single hardest pair."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from reid.losses.batch_hard import hinge_or_softplus
from reid.losses.distances import euclidean_distances, no_loss, pair_masks


class SoftBatchHardTripletLoss(nn.Module):
    """Batch hard with `D_ap = sum_p softmax_p(D_ip / t) D_ip` and `D_an = sum_n softmax_n(-D_in / t) D_in`.

    Ristani and Tomasi, Features for Multi-Target Multi-Camera Tracking and Re-Identification, CVPR 2018, Sec. 4.1.
    The anchor itself is not one of its positives.

    Args:
        margin: Hinge margin; None is the soft margin.
        temperature: Towards 0 the weights become those of the hardest pair, towards infinity uniform.
        detach_weights: Let no gradient flow through the weights.
    """

    def __init__(self, margin: float | None = 0.3, temperature: float = 1.0, detach_weights: bool = False) -> None:
        super().__init__()
        if temperature <= 0:
            raise ValueError(f"temperature must be positive, got {temperature}")
        self.margin, self.temperature, self.detach_weights = margin, temperature, detach_weights

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        """Scalar from features (N, D) and identities, int64 (N,)."""
        positive, negative = pair_masks(labels)
        usable = positive.any(1) & negative.any(1)
        if not usable.any():
            return no_loss(features, "no anchor has both a positive and a negative in this batch")
        distances = euclidean_distances(features)[usable]  # (A, N)
        near = self._weighted(distances, distances, positive[usable])
        far = self._weighted(distances, -distances, negative[usable])
        return hinge_or_softplus(near - far, self.margin).mean()

    def _weighted(self, distances: Tensor, scores: Tensor, mask: Tensor) -> Tensor:
        """Mean of the distances (A, N) under the softmax of the scores within the mask, (A,)."""
        weights = torch.softmax((scores / self.temperature).masked_fill(~mask, -torch.inf), dim=1)
        weights = weights.detach() if self.detach_weights else weights
        return (weights * distances).sum(1)
