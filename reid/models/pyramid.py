"""The pyramid model: overlapping horizontal windows of every height, each with an embedding of its own.

Zheng et al., Pyramidal Person Re-IDentification via Multi-Loss Dynamic Training, CVPR 2019, arXiv:1810.12193, and the
geometry of the authors' code: level 1 is one part high, level `n` the whole map, the step is one part. Departures: the
branches are computed together (one batched product instead of 21 small convolutions; the same function), and the
BNNeck variant normalises before the classifier as in Luo et al., Bag of Tricks, CVPRW 2019.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from reid.models.outputs import BranchOutput

NECKS = ("bnneck", "paper")


def pyramid_windows(parts: int, levels: Sequence[int]) -> list[tuple[int, int]]:
    """Rows of parts [first, last) of every branch, finest level first, each level from top to bottom.

    Args:
        parts: Number n of basic horizontal parts.
        levels: n flags 0 or 1, finest level first; a level with flag 0 has no branches.
    """
    if len(levels) != parts or any(flag not in (0, 1) for flag in levels) or not any(levels):
        raise ValueError(f"levels must be {parts} flags of 0 or 1 with at least one 1, got {list(levels)}")
    return [
        (first, first + height)
        for height, used in zip(range(1, parts + 1), levels, strict=True)
        if used
        for first in range(parts - height + 1)
    ]


def branch_shares(windows: Sequence[tuple[int, int]], level_weights: Sequence[float] | None) -> list[float]:
    """Share of every branch in the embedding, sum 1; the branches of a level share its weight evenly.

    Args:
        windows: As `pyramid_windows` returns them.
        level_weights: One per used level, finest first; None gives every branch the same.
    """
    heights = [last - first for first, last in windows]
    used = sorted(set(heights))
    if level_weights is None:
        return [1.0 / len(windows)] * len(windows)
    if len(level_weights) != len(used) or min(level_weights) < 0 or sum(level_weights) <= 0:
        raise ValueError(f"level_weights must be {len(used)} numbers, not negative, got {list(level_weights)}")
    weight = dict(zip(used, level_weights, strict=True))
    return [weight[height] / heights.count(height) / sum(level_weights) for height in heights]


class PyramidHead(nn.Module):
    """Map (N, C, H, W) -> one embedding per window.

    Each branch: average pool + max pool of its rows, 1x1 convolution, batch norm, ReLU, and while training a neck and a
    classifier. No weights are shared between branches.

    Args:
        channels: C of the map.
        parts: Basic horizontal parts n; H must be divisible by it.
        levels: n flags, finest level first; None uses all: n (n + 1) / 2 branches.
        width: Embedding dimension of one branch.
        classes: Training identities; 0 builds no classifier (inference).
        level_weights: Share of each used level in the embedding, finest first; None lets every branch count alike, as
            in the paper, so that the finest level has the most weight. Fine windows suffer most from wrong boxes.
        neck: `paper` (dropout 0.2, then a classifier with bias; the test embedding is the branch feature) or `bnneck`
            (batch norm without bias, classifier without bias; the test embedding is taken behind the batch norm).
    """

    def __init__(
        self,
        channels: int,
        parts: int = 6,
        levels: Sequence[int] | None = None,
        width: int = 128,
        classes: int = 0,
        neck: str = "bnneck",
        level_weights: Sequence[float] | None = None,
    ) -> None:
        super().__init__()
        if neck not in NECKS:
            raise ValueError(f"unknown neck '{neck}'; available: {', '.join(NECKS)}")
        self.parts = parts
        self.width = width
        self.neck = neck
        self.windows = pyramid_windows(parts, levels if levels is not None else [1] * parts)
        self.shares = branch_shares(self.windows, level_weights)
        branches = len(self.windows)
        self.dimension = branches * width
        bound = channels**-0.5  # PyTorch's default for a 1x1 convolution
        self.weight = nn.Parameter(torch.empty(branches, channels, width).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(branches, 1, width).uniform_(-bound, bound))
        self.norm = nn.BatchNorm1d(branches * width)
        if neck == "bnneck":
            self.neck_norm = nn.BatchNorm1d(branches * width)
            self.neck_norm.bias.requires_grad_(False)
        self.dropout = nn.Dropout(0.2 if neck == "paper" else 0.0)
        if classes:
            self.classifier = nn.Parameter(torch.randn(branches, width, classes) * 0.001)
            if neck == "paper":
                self.classifier_bias = nn.Parameter(torch.zeros(branches, 1, classes))

    def pool(self, feature_map: Tensor) -> Tensor:
        """Average + maximum of every window: (N, C, H, W) -> (branches, N, C)."""
        rows = feature_map.shape[2]
        if rows % self.parts:
            raise ValueError(
                f"the map has {rows} rows, which {self.parts} parts do not divide; change the input height"
            )
        split = feature_map.unflatten(2, (self.parts, rows // self.parts)).flatten(3)  # (N, C, parts, pixels)
        averages, maxima = split.mean(3), split.amax(3)  # (N, C, parts)
        pooled = [averages[:, :, a:b].mean(2) + maxima[:, :, a:b].amax(2) for a, b in self.windows]
        return torch.stack(pooled)

    def features(self, feature_map: Tensor) -> Tensor:
        """Branch features before the neck, not negative: (N, branches * width)."""
        reduced = torch.baddbmm(self.bias, self.pool(feature_map), self.weight)  # (branches, N, width)
        return torch.relu(self.norm(reduced.transpose(0, 1).flatten(1)))

    def forward(self, feature_map: Tensor) -> BranchOutput:
        """Features and logits for the losses."""
        flat = self.features(feature_map)
        shape = (len(self.windows), self.width)
        necked = self.neck_norm(flat) if self.neck == "bnneck" else self.dropout(flat)
        logits = necked.unflatten(1, shape).transpose(0, 1) @ self.classifier  # (branches, N, classes)
        if self.neck == "paper":
            logits = logits + self.classifier_bias
        shares = torch.tensor(self.shares, device=flat.device)
        return BranchOutput(flat.unflatten(1, shape), logits.transpose(0, 1), shares)

    def embed(self, feature_map: Tensor) -> Tensor:
        """Unit vectors (N, branches * width): every branch of unit length, then weighed and side by side.

        The cosine of two embeddings is therefore the mean of the branches' cosines, weighted by their shares.
        """
        flat = self.features(feature_map)
        necked = self.neck_norm(flat) if self.neck == "bnneck" else flat
        branches = nn.functional.normalize(necked.unflatten(1, (len(self.windows), self.width)), dim=2)
        weights = torch.tensor(self.shares, device=branches.device).sqrt()
        return (branches * weights[None, :, None]).flatten(1)
