"""Centre loss whose centres learn from nothing else."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from reid.losses.distances import at_least_float32


class CenterLoss(nn.Module):
    """`mean over the batch of |f - c_y|^2` with centres kept by a moving average.

    Wen et al., A Discriminative Feature Learning Approach for Deep Face Recognition, ECCV 2016; weight 5e-4 in Luo et
    al. The centres are a buffer, updated in `forward` while training: `c <- c - rate * mean(c - f)` over the batch's
    images of that class. So neither the loss's weight nor another loss that looks at the centres (class-aware
    attention) moves them; releases that train centres by SGD multiply such foreign gradients by 1 / 5e-4.

    Args:
        classes: Number of training identities of this data set, not of another one.
        dimension: Of the features.
        rate: Share of the way to the batch mean that a centre moves at each step, in (0, 1].
    """

    centers: Tensor
    seen: Tensor

    def __init__(self, classes: int, dimension: int, rate: float = 0.5) -> None:
        super().__init__()
        if not 0.0 < rate <= 1.0:
            raise ValueError(f"rate must be in (0, 1], got {rate}")
        self.rate = rate
        self.register_buffer("centers", torch.zeros(classes, dimension))
        self.register_buffer("seen", torch.zeros(classes, dtype=torch.bool))

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        """Scalar from features (N, D) and class numbers, int64 (N,), each below `classes`."""
        if len(labels) and int(labels.max()) >= len(self.centers):
            raise ValueError(f"label {int(labels.max())} with {len(self.centers)} centres")
        features = at_least_float32(features)
        if self.training:
            self._start(features.detach(), labels)
        loss = (features - self.centers[labels].to(features.dtype)).square().sum(1).mean()
        if self.training:
            self._move(features.detach(), labels)
        return loss

    @torch.no_grad()
    def _means(self, features: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Classes in the batch (C,) and the mean feature of each (C, D)."""
        present, index, count = labels.unique(return_inverse=True, return_counts=True)
        sums = features.new_zeros(len(present), features.shape[1]).index_add_(0, index, features)
        return present, (sums / count[:, None]).to(self.centers.dtype)

    @torch.no_grad()
    def _start(self, features: Tensor, labels: Tensor) -> None:
        """A centre begins at the first batch mean of its class: from 0 it would pull features to the origin."""
        present, means = self._means(features, labels)
        new = ~self.seen[present]
        centers, seen = self.centers.clone(), self.seen.clone()
        centers[present[new]] = means[new]
        seen[present] = True
        self.centers, self.seen = centers, seen

    @torch.no_grad()
    def _move(self, features: Tensor, labels: Tensor) -> None:
        # A new tensor instead of an update in place: backward still needs the old centres.
        present, means = self._means(features, labels)
        centers = self.centers.clone()
        centers[present] += self.rate * (means - centers[present])
        self.centers = centers
