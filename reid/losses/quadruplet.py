"""Quadruplet losses: Chen's relative one and the absolute form with caps."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from reid.losses.distances import euclidean_distances, no_loss, pair_masks
from reid.losses.tuples import negative_pairs_without, triplet_distances


class QuadrupletLoss(nn.Module):
    """`(D_ap - D_an + margin)_+` over triplets plus `(D_ap - D_bc + second_margin)_+` over quadruplets.

    Chen et al., Beyond Triplet Loss: a Deep Quadruplet Network, CVPR 2017. `b` and `c` are two people, neither the
    anchor's: any positive pair shall be closer than any negative pair. Each sum is averaged over its own tuples.

    Args:
        margin: Of the triplet term (alpha).
        second_margin: Of the quadruplet term (beta), smaller than `margin`.
    """

    def __init__(self, margin: float = 0.3, second_margin: float = 0.15) -> None:
        super().__init__()
        if not 0 <= second_margin < margin:
            raise ValueError(f"expected 0 <= second_margin < margin, got {second_margin} and {margin}")
        self.margin, self.second_margin = margin, second_margin

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        """Scalar from features (N, D) and identities, int64 (N,)."""
        distances = euclidean_distances(features)
        near, far = triplet_distances(distances, labels)
        if len(near) == 0:
            return no_loss(features, "no triplet in this batch")
        loss = (near - far + self.margin).clamp(min=0.0).mean()
        total, count = near.new_zeros(()), 0
        elsewhere, same = negative_pairs_without(labels), pair_masks(labels)[0]  # (N, N, N), (N, N)
        # One anchor at a time: all quadruplets at once are N^4 numbers.
        for i in range(len(labels)):
            pairs = distances[elsewhere[i]]  # (E,)
            positives = distances[i, same[i]]  # (K - 1,)
            gaps = positives[:, None] - pairs[None, :] + self.second_margin  # (K - 1, E)
            total, count = total + gaps.clamp(min=0.0).sum(), count + gaps.numel()
        return loss + total / max(count, 1)


class CappedQuadrupletLoss(nn.Module):
    """`(D_ap - D_an + margin)_+ + (D_ap - cap)_+ + (margin + cap - D_bc)_+`, mean over triplets and negative pairs.

    The absolute form: a cap on positive pairs and a floor under all negative pairs, so that one threshold separates
    them everywhere, which a relative loss does not promise.
    """

    def __init__(self, margin: float = 0.3, cap: float = 0.1) -> None:
        super().__init__()
        if not 0 <= cap < margin:
            raise ValueError(f"expected 0 <= cap < margin, got cap {cap} and margin {margin}")
        self.margin, self.cap = margin, cap

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        """Scalar from features (N, D) and identities, int64 (N,)."""
        distances = euclidean_distances(features)
        near, far = triplet_distances(distances, labels)
        if len(near) == 0:
            return no_loss(features, "no triplet in this batch")
        relative = (near - far + self.margin).clamp(min=0.0)
        pairs = torch.triu(pair_masks(labels)[1], diagonal=1)
        floor = (self.margin + self.cap - distances[pairs]).clamp(min=0.0)
        return (relative + (near - self.cap).clamp(min=0.0)).mean() + floor.mean()
