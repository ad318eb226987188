"""One model from several trainings that began alike: the mean of their weights.

Wortsman et al., Model soups: averaging weights of multiple fine-tuned models improves accuracy without increasing
inference time, ICML 2022.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch

from crosscam.base.errors import CheckpointError
from reid.checkpoint import Checkpoint
from reid.distance_scale import DistanceScale


def average_checkpoints(checkpoints: Sequence[Checkpoint], shares: Sequence[float] | None = None) -> Checkpoint:
    """The weighted mean of checkpoints of one network, with the last one's input size, mean and std.

    Held-out people are those that all of them were kept from; distances between embeddings are averaged too, which is
    near enough for the trackers that start from them. Counters, as of seen batches, are the last one's.

    Args:
        checkpoints: Two or more.
        shares: Of each, made to sum to 1; equal by default.

    Raises:
        CheckpointError: Networks differ, or the shares do not fit.
    """
    last = checkpoints[-1]
    weights = torch.tensor([1.0] * len(checkpoints) if shares is None else list(shares))
    if len(weights) != len(checkpoints) or not (weights >= 0).all() or weights.sum() <= 0:
        raise CheckpointError(f"need a share of 0 or more for each of {len(checkpoints)} checkpoints, got {shares}")
    weights = weights / weights.sum()
    for other in checkpoints:
        if (other.model, other.options) != (last.model, last.options):
            raise CheckpointError(f"networks differ: {other.model} {other.options} and {last.model} {last.options}")
    state = dict(last.state)
    for key, value in state.items():
        if value.is_floating_point():
            state[key] = sum(
                (w * c.state[key].float() for w, c in zip(weights, checkpoints, strict=True)), torch.zeros(())
            )
    return replace(
        last, state=state, distances=_mean_distances(checkpoints, weights), training=_origin(checkpoints, weights)
    )


def _mean_distances(checkpoints: Sequence[Checkpoint], weights: torch.Tensor) -> DistanceScale | None:
    known = [c.distances for c in checkpoints if c.distances is not None]
    if len(known) < len(checkpoints):
        return None
    return DistanceScale(*(weights @ torch.tensor(known)).tolist())


def _origin(checkpoints: Sequence[Checkpoint], weights: torch.Tensor) -> dict[str, Any]:
    held_out = [set(c.training.get("held_out_people", ())) for c in checkpoints]
    return {
        "mean_of": [{"share": round(float(w), 4), **c.training} for w, c in zip(weights, checkpoints, strict=True)],
        "held_out_people": sorted(set.intersection(*held_out)),
    }
