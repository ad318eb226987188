"""Identity classification with label smoothing."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class LabelSmoothedCrossEntropy(nn.Module):
    """Cross entropy against `(1 - epsilon) * onehot + epsilon / C`, mean over the batch.

    Szegedy et al., Rethinking the Inception Architecture, CVPR 2016; in ReID: Luo et al., Bag of Tricks, CVPRW 2019.

    Args:
        epsilon: Share of the probability that is spread over all classes, in [0, 1); 0 is plain cross entropy.
    """

    def __init__(self, epsilon: float = 0.1) -> None:
        super().__init__()
        if not 0.0 <= epsilon < 1.0:
            raise ValueError(f"epsilon must be in [0, 1), got {epsilon}")
        self.epsilon = epsilon

    def forward(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Scalar float32 from logits (N, C) and class numbers, int64 (N,)."""
        with torch.autocast(device_type=logits.device.type, enabled=False):
            return nn.functional.cross_entropy(logits.float(), labels, label_smoothing=self.epsilon)
