"""The loss of the pyramid's branches: each branch has its own, and they are added up by the branches' shares.

Zheng et al., Pyramidal Person Re-IDentification via Multi-Loss Dynamic Training, CVPR 2019, arXiv:1810.12193, train
every branch by itself with an identity and a triplet loss. Departure: the mean over branches, weighed by how much each
counts in the embedding, is the default; `sum` adds them up as the paper does. One branch is the special case.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import torch
from torch import Tensor, nn


def branch_loss(
    term: nn.Module,
    branches: Sequence[Tensor],
    labels: Tensor,
    extras: Sequence[tuple[Tensor, ...]],
    shares: Tensor | None = None,
    reduce: Literal["mean", "sum"] = "mean",
) -> Tensor:
    """One loss on every branch, as a scalar.

    Args:
        term: Called as `term(branch, labels, *extra)`.
        branches: Logits (N, classes) or features (N, width) of each of B branches.
        labels: Class numbers, int64 (N,).
        extras: What the term wants besides, for each branch; empty tuples for most.
        shares: float32 (B,), how much each branch counts in the embedding; None counts them alike.
        reduce: "mean", weighed by the shares, or "sum".
    """
    values = torch.stack([term(branch, labels, *extra) for branch, extra in zip(branches, extras, strict=True)])
    if reduce == "sum" or len(values) == 1:
        return values.sum()
    return values.mean() if shares is None else (values * shares).sum()


def embedding_of(output: Any) -> Tensor:
    """Branch features (N, B, w) -> unit vectors (N, B w): every branch of unit length, weighed by its share."""
    unit = nn.functional.normalize(output.features.float(), dim=2)
    shares = getattr(output, "shares", None)
    if shares is None:
        return unit.flatten(1) * unit.shape[1] ** -0.5
    return (unit * shares.sqrt()[None, :, None]).flatten(1)
