"""Training of the temporal attention on frozen frame embeddings, with damaged frames."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from reid.data.damage import KINDS, damage_plan, empty_scene, occlude_heavily
from reid.data.samplers import IdentityBatches
from reid.losses import BatchHardTripletLoss, ErasedAttentionLoss
from reid.models.tracklet import TemporalAttention

Embed = Callable[[Sequence[np.ndarray]], np.ndarray]


@dataclass(frozen=True, eq=False)
class FrameBank:
    """Embeddings of the frames of tracklets, whole and damaged.

    Attributes:
        variants: float32 (S, T, 3, D): the frame itself, the frame occluded, the empty scene. Shorter tracklets are
            padded with zeros.
        lengths: Real frames of each tracklet, int64 (S,).
        labels: Person numbers, int64 (S,).
        cameras: Camera numbers, int64 (S,).
    """

    variants: np.ndarray
    lengths: np.ndarray
    labels: np.ndarray
    cameras: np.ndarray


@dataclass(frozen=True, eq=False)
class DamagedClips:
    """A batch of tracklets: embeddings (B, T, D), real frames (B, T), and which of those are damaged (B, T)."""

    frames: np.ndarray
    mask: np.ndarray
    damaged: np.ndarray


def build_bank(
    tracklets: Sequence[Sequence[np.ndarray]],
    labels: np.ndarray,
    cameras: np.ndarray,
    embed: Embed,
    rng: np.random.Generator,
) -> FrameBank:
    """Embed every frame and its damaged versions.

    Args:
        tracklets: BGR uint8 frames of each tracklet.
        labels: Person of each, int64 (S,).
        cameras: Camera of each, int64 (S,).
        embed: An embedder's `embed`.
        rng: Chooses occluders and damage.
    """
    lengths = np.array([len(frames) for frames in tracklets], np.int64)
    everything = [frame for frames in tracklets for frame in frames]
    versions = []
    for frame in everything:
        other = everything[int(rng.integers(len(everything)))]
        versions += [frame, occlude_heavily(frame, other, rng), empty_scene(frame, rng)]
    embedded = np.concatenate([embed(versions[i : i + 512]) for i in range(0, len(versions), 512)])
    embedded = embedded.reshape(len(everything), 3, -1)
    variants = np.zeros((len(lengths), int(lengths.max()), 3, embedded.shape[2]), np.float32)
    for number, (start, length) in enumerate(zip(np.cumsum(lengths) - lengths, lengths, strict=True)):
        variants[number, :length] = embedded[start : start + length]
    return FrameBank(variants, lengths, labels, cameras)


def damage_clips(bank: FrameBank, chosen: np.ndarray, shares: np.ndarray, rng: np.random.Generator) -> DamagedClips:
    """Tracklets of the bank with a share of their frames damaged.

    A tracklet's frames of the wrong person all come from one other tracklet, as after an identity switch.

    Args:
        bank: All tracklets.
        chosen: Which ones, int64 (B,).
        shares: Share of damaged frames of each, (B,).
        rng: Source of randomness.
    """
    longest = bank.variants.shape[1]
    frames = bank.variants[chosen, :, 0].copy()
    mask = np.arange(longest) < bank.lengths[chosen][:, None]
    damaged = np.zeros_like(mask)
    for row, (tracklet, share) in enumerate(zip(chosen, shares, strict=True)):
        length = int(bank.lengths[tracklet])
        hit, kinds = damage_plan(length, float(share), rng)
        others = np.flatnonzero(bank.labels != bank.labels[tracklet])
        stranger = int(rng.choice(others))
        for t in np.flatnonzero(hit):
            kind = KINDS[kinds[t]]
            if kind == "wrong person":
                frames[row, t] = bank.variants[stranger, t % bank.lengths[stranger], 0]
            else:
                frames[row, t] = bank.variants[tracklet, t, 1 if kind == "occluded" else 2]
        damaged[row, :length] = hit
    return DamagedClips(frames, mask, damaged)


def train_attention(
    bank: FrameBank,
    steps: int = 150,
    learning_rate: float = 2e-3,
    hidden: int = 64,
    max_share: float = 0.6,
    attention_weight: float = 1.0,
    even_weight: float = 1.0,
    gate: str = "sigmoid",
    temperature: float = 2.0,
    seed: int = 0,
) -> TemporalAttention:
    """Train the attention so that damaged tracklets still find their person.

    Loss: batch-hard triplet on the encoded tracklets, plus the attention that damaged frames receive (Pathak et al.),
    plus the divergence from even weights over the whole frames: without it the attention prefers a few whole frames
    to others and a clean tracklet's embedding is worse than the mean.

    Args:
        bank: Training tracklets; no held-out person among them.
        steps: Batches of 32 people x 4 tracklets.
        learning_rate: Of AdamW, with cosine decay.
        hidden: Channels of the attention.
        max_share: Largest share of damaged frames; a quarter of the clips stays whole.
        attention_weight: Of the second loss.
        even_weight: Of the third loss.
        gate: Of the attention.
        temperature: Set after the training: softer weights than those learned, because the embedder knows the training
            people well and their damaged frames stand out more than those of strangers will.
        seed: Of everything random.
    """
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    encoder = TemporalAttention(bank.variants.shape[3], hidden, gate=gate)
    optimiser = torch.optim.AdamW(encoder.parameters(), lr=learning_rate, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    sampler = IdentityBatches(bank.labels, 128, 4, seed)
    triplet, erased = BatchHardTripletLoss(0.3), ErasedAttentionLoss()
    for step in range(steps):
        chosen = sampler.batch(step)
        shares = np.where(rng.random(len(chosen)) < 0.25, 0.0, rng.uniform(0.1, max_share, len(chosen)))
        clips = damage_clips(bank, chosen, shares, rng)
        frames, mask = torch.from_numpy(clips.frames), torch.from_numpy(clips.mask)
        weights = encoder.weights(frames, mask)
        encoded = nn.functional.normalize((weights[:, :, None] * frames).sum(1), dim=1)
        loss: Tensor = triplet(encoded, torch.from_numpy(bank.labels[chosen]))
        damaged = torch.from_numpy(clips.damaged)
        loss = loss + attention_weight * erased(weights, damaged) + even_weight * unevenness(weights, mask & ~damaged)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    encoder.temperature = temperature
    return encoder.eval()


def unevenness(weights: Tensor, whole: Tensor) -> Tensor:
    """Mean divergence (Kullback-Leibler) of weights (B, T) from even weights over the frames `whole`, bool (B, T)."""
    even = whole.float() / whole.sum(1, keepdim=True)
    divergence = torch.special.xlogy(even, even) - even * weights.clamp(min=1e-8).log()
    return (divergence * whole).sum(1).mean()
