"""Scores on held-out people: what chooses the checkpoint, never the test split."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from crosscam.base.images import resize_into
from crosscam.base.vectors import unit_rows
from reid.distance_scale import DistanceScale, measure_distances
from reid.evaluation.ranking import evaluate_embeddings
from reid.training.data import HeldOut


class ImageInput:
    """uint8 BGR batches -> the network's normalised input on its device.

    Args:
        mean: Of red, green, blue in [0, 1].
        std: Of red, green, blue.
        device: Where the network is.
    """

    def __init__(self, mean: Sequence[float], std: Sequence[float], device: torch.device) -> None:
        self.device = device
        self._mean = 255.0 * torch.tensor(mean, device=device).view(1, 3, 1, 1)
        self._std = 255.0 * torch.tensor(std, device=device).view(1, 3, 1, 1)

    def __call__(self, batch: np.ndarray) -> torch.Tensor:
        """uint8 (N, H, W, 3) -> float32 (N, 3, H, W), RGB, channels last in memory."""
        images = torch.from_numpy(batch).to(self.device, non_blocking=True).permute(0, 3, 1, 2).flip(1)
        values = (images.float() - self._mean) / self._std
        return values.contiguous(memory_format=torch.channels_last)


@torch.no_grad()
def embed_images(
    network: nn.Module, images: Sequence[np.ndarray], size: tuple[int, int], to_input: ImageInput, dtype: torch.dtype
) -> np.ndarray:
    """Unit embeddings, float32 (N, D), of BGR images of any size."""
    network.eval()
    found = []
    for start in range(0, len(images), 128):
        part = images[start : start + 128]
        batch = np.empty((len(part), *size, 3), np.uint8)
        resize_into(part, batch)
        with torch.autocast(to_input.device.type, dtype, enabled=dtype != torch.float32):
            found.append(network(to_input(batch)).float().cpu())
    return torch.cat(found).numpy()


class HeldOutScores(NamedTuple):
    """What held-out people tell of a network.

    Attributes:
        scores: mAP and Rank-1 in percent of every set, and `score`, the mean of all of them; {} without sets.
        distances: How far apart embeddings lie, on the set with the most frames per sample: tracklets, where there are
            any; None without sets.
    """

    scores: dict[str, float]
    distances: DistanceScale | None


def validate(
    network: nn.Module, sets: Sequence[HeldOut], size: tuple[int, int], to_input: ImageInput, dtype: torch.dtype
) -> HeldOutScores:
    """Embed the held-out people once, and score. A tracklet's embedding is the mean of its frames' embeddings."""
    scores: dict[str, float] = {}
    distances, most = None, 0.0
    for held in sets:
        counts = [len(frames) for frames in held.frames]
        frames = embed_images(network, [f for sample in held.frames for f in sample], size, to_input, dtype)
        scores |= _percent(held, unit_rows(np.add.reduceat(frames, np.cumsum([0, *counts[:-1]]), axis=0)))
        if np.mean(counts) > most:
            people, cameras = np.repeat(held.person_ids, counts), np.repeat(held.camera_ids, counts)
            distances, most = measure_distances(frames, people, cameras), float(np.mean(counts))
    if scores:
        scores["score"] = float(np.mean(list(scores.values())))
    return HeldOutScores(scores, distances)


def _percent(held: HeldOut, embeddings: np.ndarray) -> dict[str, float]:
    """mAP and Rank-1 of one set."""
    people, cameras = held.person_ids, held.camera_ids
    q, g = held.query, held.gallery
    percent = evaluate_embeddings(embeddings[q], embeddings[g], people[q], cameras[q], people[g], cameras[g]).percent()
    return {f"{held.name}_mAP": percent["mAP"], f"{held.name}_rank1": percent["rank1"]}
