"""All triplets and quadruplets of a batch."""

from __future__ import annotations

import torch
from torch import Tensor

from reid.losses.distances import pair_masks


def triplet_distances(distances: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Distances of the anchor to the positive and to the negative of every triplet, (T,) each; T = 0 without triplets.

    Args:
        distances: Among the items of the batch, (N, N).
        labels: Identities, int64 (N,).
    """
    positive, negative = pair_masks(labels)
    anchor, near, far = (positive[:, :, None] & negative[:, None, :]).nonzero(as_tuple=True)  # (N, N, N)
    return distances[anchor, near], distances[anchor, far]


def negative_pairs_without(labels: Tensor) -> Tensor:
    """Whether the pair (b, c) is negative and neither is of person i, bool (N, N, N) as [i, b, c], b < c."""
    _, negative = pair_masks(labels)
    return negative[:, :, None] & negative[:, None, :] & torch.triu(negative, diagonal=1)[None]
