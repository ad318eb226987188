"""Batch-hard triplet loss (TriHard): each anchor with its farthest positive and its nearest negative."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from reid.losses.distances import euclidean_distances, no_loss, pair_masks


def hinge_or_softplus(gap: Tensor, margin: float | None) -> Tensor:
    """`max(gap + margin, 0)`, or the soft margin `ln(1 + exp(gap))` where the margin is None."""
    return nn.functional.softplus(gap) if margin is None else (gap + margin).clamp(min=0.0)


def hardest_pairs(distances: Tensor, labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Column of the farthest positive and of the nearest negative of every anchor that has both.

    Args:
        distances: (N, N).
        labels: int64 (N,).

    Returns:
        Indices of the usable anchors, their positives and their negatives, int64 (A,) each.
    """
    positive, negative = pair_masks(labels)
    anchors = (positive.any(1) & negative.any(1)).nonzero(as_tuple=True)[0]
    values = distances.detach()
    farthest = values.masked_fill(~positive, -torch.inf).argmax(1)
    nearest = values.masked_fill(~negative, torch.inf).argmin(1)
    return anchors, farthest[anchors], nearest[anchors]


class BatchHardTripletLoss(nn.Module):
    """`mean over anchors of (max D_ap - min D_an + margin)_+`, Euclidean.

    Hermans, Beyer, Leibe, In Defense of the Triplet Loss, arXiv:1703.07737, Eq. 5 and the soft margin below it.
    Anchors without a positive or without a negative do not count; a batch without any anchor gives 0 and a warning.

    Args:
        margin: 0.2 to 0.5 for normalised features, 1.4 in the pyramid paper for raw ones; None is the soft margin.
        normalize: Compare unit vectors instead of the features as they are.
    """

    def __init__(self, margin: float | None = 0.3, normalize: bool = False) -> None:
        super().__init__()
        if margin is not None and margin < 0:
            raise ValueError(f"margin must not be negative, got {margin}")
        self.margin = margin
        self.normalize = normalize

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        """Scalar from features (N, D) and identities, int64 (N,)."""
        if self.normalize:
            features = nn.functional.normalize(features.float(), dim=1)
        distances = euclidean_distances(features)  # (N, N)
        anchors, positives, negatives = hardest_pairs(distances, labels)
        if len(anchors) == 0:
            return no_loss(features, "no anchor has both a positive and a negative in this batch")
        gap = distances[anchors, positives] - distances[anchors, negatives]  # (A,)
        return hinge_or_softplus(gap, self.margin).mean()
