"""Triplet losses over all triplets of the batch: the plain one and the improved one."""

from __future__ import annotations

from torch import Tensor, nn

from reid.losses.distances import euclidean_distances, no_loss
from reid.losses.tuples import triplet_distances


class TripletLoss(nn.Module):
    """`mean over all triplets of (D_ap - D_an + margin)_+`, Euclidean. Schroff et al., FaceNet, CVPR 2015."""

    def __init__(self, margin: float = 0.3) -> None:
        super().__init__()
        if margin < 0:
            raise ValueError(f"margin must not be negative, got {margin}")
        self.margin = margin

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        """Scalar from features (N, D) and identities, int64 (N,)."""
        near, far = triplet_distances(euclidean_distances(features), labels)
        if len(near) == 0:
            return no_loss(features, "no triplet in this batch")
        return (near - far + self.margin).clamp(min=0.0).mean()


class ImprovedTripletLoss(nn.Module):
    """Triplet loss plus an absolute cap on positives: `(D_ap - D_an + margin)_+ + (D_ap - cap)_+`, mean over triplets.

    Cheng et al., Person Re-Identification by Multi-Channel Parts-Based CNN with Improved Triplet Loss, CVPR 2016.

    Args:
        margin: Relative margin (alpha).
        cap: Distance up to which positives cost nothing (beta); below `margin`, else the cap says nothing new.
        cap_weight: Weight of the cap.
    """

    def __init__(self, margin: float = 0.3, cap: float = 0.1, cap_weight: float = 1.0) -> None:
        super().__init__()
        if not 0 <= cap < margin:
            raise ValueError(f"expected 0 <= cap < margin, got cap {cap} and margin {margin}")
        self.margin, self.cap, self.cap_weight = margin, cap, cap_weight

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        """Scalar from features (N, D) and identities, int64 (N,)."""
        near, far = triplet_distances(euclidean_distances(features), labels)
        if len(near) == 0:
            return no_loss(features, "no triplet in this batch")
        relative = (near - far + self.margin).clamp(min=0.0)
        return (relative + self.cap_weight * (near - self.cap).clamp(min=0.0)).mean()
