"""Contrastive loss over all pairs of the batch."""

from __future__ import annotations

from torch import Tensor, nn

from reid.losses.distances import euclidean_distances, no_loss, pair_masks


class ContrastiveLoss(nn.Module):
    """Positive pairs pay their distance, negative pairs what they lack to `alpha`; the two means are added.

    Hadsell, Chopra, LeCun, CVPR 2006. Departure: positives and negatives are averaged apart, because a P x K batch has
    far more negatives, whose zeros would drown the positives.

    Args:
        alpha: Distance beyond which negatives cost nothing; 1 to 2 for raw features, at most 1.4 on the sphere.
        squared: Square both terms, the original form; False is the linear form.
    """

    def __init__(self, alpha: float = 1.0, squared: bool = True) -> None:
        super().__init__()
        if alpha <= 0:
            raise ValueError(f"alpha must be positive, got {alpha}")
        self.alpha = alpha
        self.squared = squared

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        """Scalar from features (N, D) and identities, int64 (N,)."""
        distances = euclidean_distances(features)
        positive, negative = pair_masks(labels)
        pulls, pushes = distances[positive], (self.alpha - distances[negative]).clamp(min=0.0)
        terms = [term.square() if self.squared else term for term in (pulls, pushes) if len(term)]
        if not terms:
            return no_loss(features, "the batch has no pair")
        return sum((term.mean() for term in terms[1:]), start=terms[0].mean())
