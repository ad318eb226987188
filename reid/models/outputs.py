"""What every model returns while it is being trained."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor


class BranchOutput(NamedTuple):
    """One entry per branch (a pyramid window, a body part); a model without branches has one.

    Attributes:
        features: (N, branches, width), before the neck: what metric losses compare.
        logits: (N, branches, identities).
        shares: Weight of each branch in the embedding, sum 1, (branches,); None where all count alike.
    """

    features: Tensor
    logits: Tensor
    shares: Tensor | None = None
