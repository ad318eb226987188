"""Mutual learning: models that see the same batch teach each other (Zhang et al., Deep Mutual Learning, CVPR 2018)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from reid.losses.distances import euclidean_distances


class ClassificationMutualLoss(nn.Module):
    """`1/(M-1) sum over peers j of KL(p_j || p_i)`, mean over the batch; the peers are fixed targets."""

    def forward(self, logits: Tensor, peers: Sequence[Tensor]) -> Tensor:
        """Scalar from the learner's logits (N, C) and those of its M - 1 peers, (N, C) each."""
        _require_peers(peers)
        log_p = torch.log_softmax(logits.float(), dim=1)
        targets = [torch.log_softmax(peer.detach().float(), dim=1) for peer in peers]
        terms = [nn.functional.kl_div(log_p, target, reduction="batchmean", log_target=True) for target in targets]
        return torch.stack(terms).mean()


class MetricMutualLoss(nn.Module):
    """Mean squared difference between the learner's distance matrix and the frozen ones of its peers.

    Zhang et al., AlignedReID, arXiv:1711.08184, Eq. 7. With zero gradient on the peer's side the Hessian is block
    diagonal and training converges faster; summed over all learners this is the paper's symmetric loss.
    """

    def forward(self, features: Tensor, peers: Sequence[Tensor]) -> Tensor:
        """Scalar from the learner's features (N, D) and those of its peers, (N, any dimension) each."""
        _require_peers(peers)
        own = euclidean_distances(features)
        return torch.stack([(own - euclidean_distances(peer.detach())).square().mean() for peer in peers]).mean()


def _require_peers(peers: Sequence[Tensor]) -> None:
    if not peers:
        raise ValueError("mutual learning needs at least one peer")
