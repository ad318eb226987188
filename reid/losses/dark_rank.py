"""DarkRank: a student learns in which order its teacher ranks the batch."""

from __future__ import annotations

from itertools import permutations

import torch
from torch import Tensor, nn

from reid.losses.distances import euclidean_distances

MAX_SOFT_CANDIDATES = 6  # 720 permutations


class DarkRankLoss(nn.Module):
    """Plackett-Luce ranking distillation with scores `S = -alpha D(query, x)^beta`; the first item is the query.

    Chen, Wang, Zhang, DarkRank, AAAI 2018. `P(order) = prod_i exp S_order(i) / sum_{k >= i} exp S_order(k)`.

    Args:
        soft: KL divergence over all orders (at most 6 candidates); False: minus the log-likelihood of the teacher's
            own order, for any number.
        alpha: Scale of the scores.
        beta: Exponent of the distances.
    """

    def __init__(self, soft: bool = False, alpha: float = 3.0, beta: float = 3.0) -> None:
        super().__init__()
        self.soft, self.alpha, self.beta = soft, alpha, beta

    def forward(self, student: Tensor, teacher: Tensor) -> Tensor:
        """Scalar from the features of the same N >= 3 items by the student (N, D) and by the teacher (N, E)."""
        if len(student) != len(teacher) or len(student) < 3:
            raise ValueError(f"expected the same 3 or more items, got {len(student)} and {len(teacher)}")
        own, target = self._scores(student), self._scores(teacher).detach()
        if not self.soft:
            return -_log_likelihood(own[target.argsort(descending=True)][None])[0]
        if len(own) > MAX_SOFT_CANDIDATES:
            raise ValueError(f"soft DarkRank takes at most {MAX_SOFT_CANDIDATES} candidates, got {len(own)}")
        orders = torch.tensor(list(permutations(range(len(own)))), device=own.device)  # (n!, n)
        return nn.functional.kl_div(
            _log_likelihood(own[orders]), _log_likelihood(target[orders]), reduction="sum", log_target=True
        )

    def _scores(self, features: Tensor) -> Tensor:
        """Scores of the candidates 1...N-1 as seen from item 0, (N - 1,)."""
        return -self.alpha * euclidean_distances(features[:1], features[1:])[0].pow(self.beta)


def _log_likelihood(scores: Tensor) -> Tensor:
    """Log-probability of each order, (P,), from its scores in that order, (P, n)."""
    remaining = torch.logcumsumexp(scores.flip(1), dim=1).flip(1)  # log sum over k >= i
    return (scores - remaining).sum(1)
