"""AlignedReID: a global embedding trained together with stripes that are aligned by a cheapest path.

Zhang et al., AlignedReID: Surpassing Human-Level Performance in Person Re-Identification, arXiv:1711.08184.
"""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor, nn


class AlignedOutput(NamedTuple):
    """What training needs.

    Attributes:
        features: Global feature before the neck, (N, 1, C).
        logits: (N, 1, identities).
        stripes: Local features from top to bottom, (N, rows, width).
    """

    features: Tensor
    logits: Tensor
    stripes: Tensor


class AlignedHead(nn.Module):
    """Map (N, C, H, W) -> global average (N, C) and one local feature per row.

    Args:
        channels: C of the map.
        width: Dimension of a stripe.
        classes: Training identities; 0 builds no classifier.
    """

    def __init__(self, channels: int, width: int = 128, classes: int = 0) -> None:
        super().__init__()
        self.dimension = channels
        self.reduce = nn.Sequential(nn.Conv2d(channels, width, 1), nn.BatchNorm2d(width), nn.ReLU(inplace=True))
        self.neck_norm = nn.BatchNorm1d(channels)
        self.neck_norm.bias.requires_grad_(False)
        if classes:
            self.classifier = nn.Linear(channels, classes, bias=False)
            nn.init.normal_(self.classifier.weight, std=0.001)

    def forward(self, feature_map: Tensor) -> AlignedOutput:
        """Features, logits and stripes for the losses."""
        pooled = feature_map.mean((2, 3))
        stripes = self.reduce(feature_map.mean(3, keepdim=True)).squeeze(3).transpose(1, 2)  # (N, rows, width)
        return AlignedOutput(pooled[:, None], self.classifier(self.neck_norm(pooled))[:, None], stripes)

    def embed(self, feature_map: Tensor) -> Tensor:
        """Unit vectors (N, C): the local branch is a training signal only."""
        return nn.functional.normalize(self.neck_norm(feature_map.mean((2, 3))), dim=1)
