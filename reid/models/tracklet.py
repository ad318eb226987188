"""Tracklet encoders: frame embeddings (B, T, D), which frames are real, and how good they are -> one vector (B, D)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn


def masked_softmax(scores: Tensor, mask: Tensor) -> Tensor:
    """Softmax over the last axis within the mask; other entries are 0. A row without any real frame is all 0.

    The originals pad short clips by repeating frames, which counts those frames twice.
    """
    scores = scores.masked_fill(~mask, -torch.inf)
    weights = torch.softmax(scores, dim=-1)
    return torch.where(mask, weights, torch.zeros_like(weights))


def attention_entropy(weights: Tensor, mask: Tensor) -> Tensor:
    """Entropy over that of uniform weights, in [0, 1], (B,): 1 means that the attention is a plain mean."""
    entropy = -torch.special.xlogy(weights, weights).sum(1)
    return entropy / mask.sum(1).clamp(min=2).float().log()


class TrackletEncoder(nn.Module):
    """Base of all encoders: `weights` says how much each frame counts, and the rest is a normalised weighted mean."""

    def weights(self, frames: Tensor, mask: Tensor, quality: Tensor | None = None) -> Tensor:
        """Weights that sum to 1 over the real frames of each tracklet, (B, T).

        Args:
            frames: Unit embeddings, (B, T, D).
            mask: True for real frames, bool (B, T).
            quality: Non-negative, e.g. detector confidence x sharpness, (B, T).
        """
        raise NotImplementedError

    def forward(self, frames: Tensor, mask: Tensor | None = None, quality: Tensor | None = None) -> Tensor:
        """Unit vectors (B, D); the arguments are those of `weights`, where no mask means that all frames are real."""
        mask = torch.ones(frames.shape[:2], dtype=torch.bool, device=frames.device) if mask is None else mask
        weights = self.weights(frames, mask, quality)
        # A NaN in a padded frame must not get through its weight of 0.
        frames = frames.masked_fill(~mask[:, :, None], 0.0)
        return nn.functional.normalize((weights[:, :, None] * frames).sum(1), dim=1)


class MeanEncoder(TrackletEncoder):
    """All frames alike."""

    def weights(self, frames: Tensor, mask: Tensor, quality: Tensor | None = None) -> Tensor:
        return mask.float() / mask.sum(1, keepdim=True).clamp(min=1)


class QualityEncoder(TrackletEncoder):
    """Frames weigh by their quality; needs no training. Without qualities, or with all 0, it is the mean."""

    def weights(self, frames: Tensor, mask: Tensor, quality: Tensor | None = None) -> Tensor:
        values = mask.float() if quality is None else quality.float().clamp(min=0.0) * mask
        values = torch.where(values.sum(1, keepdim=True) > 0, values, mask.float())
        return values / values.sum(1, keepdim=True).clamp(min=1e-12)


class TemporalAttention(TrackletEncoder):
    """Learned weights from each frame's embedding, its neighbours, and how far it lies from the others.

    Gao and Nevatia, Revisiting Temporal Modeling for Video-based Person ReID, arXiv:1805.02104: a projection per frame
    and a temporal convolution to one score. Departures: no ReLU after that convolution, since a softmax over scores
    that it clipped to 0 is uniform and has no gradient; embeddings instead of maps, so that the input size is free;
    padded frames are masked; and each frame also sees its cosine to the mean of the others and to their median
    member, because a frame that is occluded or shows someone else is recognised by comparison.

    Args:
        dimension: D of the embeddings.
        hidden: Channels between the projection and the temporal convolution.
        kernel: Frames that the temporal convolution sees; 1 for an encoder that ignores order and can stream.
        temperature: Of the softmax.
        gate: "softmax", or "sigmoid" and division by the sum (both are in the paper). A sigmoid saturates, so that all
            good frames weigh alike and a clean tracklet gives its mean.
    """

    def __init__(
        self, dimension: int, hidden: int = 64, kernel: int = 3, temperature: float = 1.0, gate: str = "softmax"
    ) -> None:
        super().__init__()
        if kernel % 2 == 0:
            raise ValueError(f"kernel must be odd, got {kernel}")
        if gate not in ("softmax", "sigmoid"):
            raise ValueError(f"unknown gate '{gate}'; available: softmax, sigmoid")
        self.gate = gate
        self.project = nn.Linear(dimension + 2, hidden)
        self.temporal = nn.Conv1d(hidden, 1, kernel, padding=kernel // 2)
        self.temperature = temperature

    def scores(self, frames: Tensor, mask: Tensor) -> Tensor:
        """One unbounded score per frame, (B, T)."""
        frames = frames.masked_fill(~mask[:, :, None], 0.0)
        described = torch.cat([frames * frames.shape[2] ** 0.5, agreement(frames, mask)], dim=2)
        hidden = torch.relu(self.project(described)) * mask[:, :, None]
        return self.temporal(hidden.transpose(1, 2)).squeeze(1)

    def weights(self, frames: Tensor, mask: Tensor, quality: Tensor | None = None) -> Tensor:
        scores = self.scores(frames, mask) / self.temperature
        if self.gate == "softmax":
            return masked_softmax(scores, mask)
        gates = torch.sigmoid(scores) * mask
        return gates / gates.sum(1, keepdim=True).clamp(min=1e-8)


def agreement(frames: Tensor, mask: Tensor) -> Tensor:
    """Mean and median cosine of each frame to the other real frames, centred over the tracklet: (B, T, 2)."""
    cosines = frames @ frames.transpose(1, 2)  # (B, T, T)
    itself = torch.eye(frames.shape[1], dtype=torch.bool, device=frames.device)
    others = mask[:, None, :] & ~itself
    mean = (cosines * others).sum(2) / others.sum(2).clamp(min=1)
    median = cosines.masked_fill(~others, torch.nan).nanmedian(2).values.nan_to_num(0.0)
    both = torch.stack([mean, median], dim=2) * mask[:, :, None]
    centre = both.sum(1, keepdim=True) / mask.sum(1).clamp(min=1)[:, None, None]
    return 4.0 * (both - centre) * mask[:, :, None]


class FaithfulAttention(nn.Module):
    """The attention of Gao and Nevatia as published, on maps: a convolution as large as the map, and both ReLUs.

    Its weights tend to become uniform for good: once all scores of a tracklet are negative, the last ReLU makes them 0.

    Args:
        channels: C of the maps.
        size: (H, W) of the maps.
        hidden: Channels of the spatial convolution.
    """

    def __init__(self, channels: int, size: tuple[int, int], hidden: int = 256) -> None:
        super().__init__()
        self.spatial = nn.Conv2d(channels, hidden, size)
        self.temporal = nn.Conv1d(hidden, 1, 3, padding=1)

    def weights(self, maps: Tensor, mask: Tensor | None = None) -> Tensor:
        """Weights (B, T) of maps (B, T, C, H, W)."""
        batch, frames = maps.shape[:2]
        spatial = torch.relu(self.spatial(maps.flatten(0, 1))).view(batch, frames, -1)
        scores = torch.relu(self.temporal(spatial.transpose(1, 2)).squeeze(1))
        mask = torch.ones(batch, frames, dtype=torch.bool, device=maps.device) if mask is None else mask
        return masked_softmax(scores, mask)

    def forward(self, maps: Tensor, mask: Tensor | None = None) -> Tensor:
        """Weighted mean of the frames' global averages, (B, C), not normalised."""
        return (self.weights(maps, mask)[:, :, None] * maps.mean((3, 4))).sum(1)


ENCODERS: dict[str, Callable[..., TrackletEncoder]] = {
    "mean": MeanEncoder,
    "quality": QualityEncoder,
    "attention": TemporalAttention,
}


def build_encoder(name: str, **options: Any) -> TrackletEncoder:
    """An encoder by name.

    Raises:
        ValueError: Unknown name or options.
    """
    if name not in ENCODERS:
        raise ValueError(f"unknown encoder '{name}'; available: {', '.join(ENCODERS)}")
    return ENCODERS[name](**options)
