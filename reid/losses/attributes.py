"""Attribute losses: weighted binary cross entropy, and a triplet that looks at attributes too."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from reid.losses.batch_hard import hardest_pairs
from reid.losses.distances import at_least_float32, euclidean_distances, no_loss


class WeightedAttributeLoss(nn.Module):
    """Binary cross entropy in which rare positives, or rare negatives, of an attribute weigh more.

    Schumann and Stiefelhagen, Person Re-identification by Deep Learning Attribute-Complementary Information, CVPRW
    2017: `-sum_i [ p_i / (2 w_i) ln q_i + (1 - p_i) / (2 (1 - w_i)) ln(1 - q_i) ]`, mean over the batch.

    Args:
        frequencies: Share of positives of every attribute in training, (A,); clamped to [0.01, 0.99].
    """

    frequencies: Tensor

    def __init__(self, frequencies: Tensor | list[float]) -> None:
        super().__init__()
        values = torch.as_tensor(frequencies, dtype=torch.float32)
        if values.ndim != 1 or ((values < 0) | (values > 1)).any():
            raise ValueError("frequencies must be one number in [0, 1] per attribute")
        self.register_buffer("frequencies", values.clamp(0.01, 0.99))

    def forward(self, logits: Tensor, attributes: Tensor) -> Tensor:
        """Scalar from logits (N, A) and labels 0 or 1 (N, A); a label of -1 is unknown and does not count."""
        logits = at_least_float32(logits)
        known = attributes >= 0
        present = nn.functional.logsigmoid(logits) / (2 * self.frequencies)
        absent = nn.functional.logsigmoid(-logits) / (2 * (1 - self.frequencies))
        losses = -torch.where(attributes > 0, present, absent)
        return torch.where(known, losses, torch.zeros_like(losses)).sum(1).mean()


class AttributeTripletLoss(nn.Module):
    """Batch hard with attributes: `mean of (D_ap - D_an + margin + gamma (A_ap - A_an))_+`.

    `A` is the squared distance of predicted attribute vectors. Schumann and Stiefelhagen, CVPRW 2017; the hinge, which
    their formula omits, is used. Pairs are mined on the embeddings.
    """

    def __init__(self, margin: float = 0.3, gamma: float = 0.1) -> None:
        super().__init__()
        self.margin, self.gamma = margin, gamma

    def forward(self, features: Tensor, labels: Tensor, attributes: Tensor) -> Tensor:
        """Scalar from features (N, D), identities int64 (N,) and attribute probabilities (N, A)."""
        distances = euclidean_distances(features)
        anchors, positives, negatives = hardest_pairs(distances, labels)
        if len(anchors) == 0:
            return no_loss(features, "no anchor has both a positive and a negative in this batch")
        attributes = at_least_float32(attributes)
        near = (attributes[anchors] - attributes[positives]).square().sum(1)
        far = (attributes[anchors] - attributes[negatives]).square().sum(1)
        gap = distances[anchors, positives] - distances[anchors, negatives] + self.gamma * (near - far)
        return (gap + self.margin).clamp(min=0.0).mean()
