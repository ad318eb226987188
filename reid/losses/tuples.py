"""All triplets and quadruplets of a batch, as index arrays."""

from __future__ import annotations

import torch
from torch import Tensor

from reid.losses.distances import pair_masks


def all_triplets(labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Anchor, positive and negative of every triplet, int64 (T,) each; T = 0 where there is none."""
    positive, negative = pair_masks(labels)
    anchor, close, far = (positive[:, :, None] & negative[:, None, :]).nonzero(as_tuple=True)  # (N, N, N)
    return anchor, close, far


def negative_pairs_without(labels: Tensor) -> Tensor:
    """Whether the pair (b, c) is negative and neither is of person i, bool (N, N, N) as [i, b, c], b < c."""
    _, negative = pair_masks(labels)
    return negative[:, :, None] & negative[:, None, :] & torch.triu(negative, diagonal=1)[None]
