"""Online soft mining with class-aware attention."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from reid.losses.distances import at_least_float32, euclidean_distances, no_loss, pair_masks

FLOOR = 1e-12  # of the weight and of the gap of a negative pair, as in the released code


class OsmCaaLoss(nn.Module):
    """Contrastive loss over all pairs, weighted by how near they are and how well they fit their class.

    Wang et al., Deep Metric Learning by Online Soft Mining and Class-Aware Attention, AAAI 2019, as used for video ReID
    by Pathak et al., AAAI 2020. On unit vectors with distance `d`:

        positive pairs   s = exp(-d^2 / sigma^2)        L_P = 1/2 sum w d^2 / sum w
        negative pairs   s = max(alpha - d, 1e-12)      L_N = 1/2 sum w max(alpha - d, 1e-12)^2 / sum w
        w_ij = s_ij min(a_i, a_j),  a_i = softmax over classes of (x_i . W_c / temperature) at the class of i
        loss = (1 - lambda) L_P + lambda L_N

    Near positives weigh more (manifolds stay extended), near negatives weigh more, and outliers of their class less.
    With a batch that lacks positive (or negative) pairs that term is 0.

    Args:
        alpha: Distance beyond which negatives cost nothing.
        balance: `lambda`, the weight of the negative term, in [0, 1].
        sigma: Width of the positives' weights.
        temperature: Of the class-aware attention. 1 is the released code, where unit vectors keep all logits within
            [-1, 1] and the attention almost flat; 0.18 is what the paper's unplaced second sigma most plausibly is.
        detach_weights: Let no gradient flow through `w`; in the released code it does.
    """

    def __init__(
        self,
        alpha: float = 1.2,
        balance: float = 0.5,
        sigma: float = 0.8,
        temperature: float = 1.0,
        detach_weights: bool = False,
    ) -> None:
        super().__init__()
        if not 0.0 <= balance <= 1.0:
            raise ValueError(f"balance must be in [0, 1], got {balance}")
        if min(alpha, sigma, temperature) <= 0:
            raise ValueError(f"alpha, sigma and temperature must be positive, got {alpha}, {sigma}, {temperature}")
        self.alpha, self.balance, self.sigma = alpha, balance, sigma
        self.temperature, self.detach_weights = temperature, detach_weights

    def forward(self, features: Tensor, labels: Tensor, class_vectors: Tensor) -> Tensor:
        """Scalar loss.

        Args:
            features: (N, D), any length.
            labels: Class numbers, int64 (N,).
            class_vectors: One row per class, (C, D): the classifier's weight, or the centres of the centre loss
                ("CL centers").
        """
        positive, negative = pair_masks(labels)
        if not positive.any() and not negative.any():
            return no_loss(features, "the batch has no pair")
        features = nn.functional.normalize(at_least_float32(features), dim=1)
        distances = euclidean_distances(features)
        attention = self.attention(features, labels, class_vectors)
        pair_attention = torch.minimum(attention[:, None], attention[None, :])  # (N, N)
        gaps = (self.alpha - distances).clamp(min=FLOOR)
        near = torch.exp(-distances.square() / self.sigma**2)
        pull = self._mean(distances.square(), near * pair_attention, positive)
        push = self._mean(gaps.square(), gaps * pair_attention, negative)
        return 0.5 * ((1.0 - self.balance) * pull + self.balance * push)

    def attention(self, features: Tensor, labels: Tensor, class_vectors: Tensor) -> Tensor:
        """How plausible each unit vector (N, D) is for its own class, in (0, 1), (N,)."""
        with torch.autocast(device_type=features.device.type, enabled=False):
            classes = nn.functional.normalize(at_least_float32(class_vectors), dim=1).to(features.dtype)
            log_p = torch.log_softmax(features @ classes.T / self.temperature, dim=1)  # (N, C)
        return log_p.gather(1, labels[:, None])[:, 0].exp()

    def _mean(self, values: Tensor, weights: Tensor, mask: Tensor) -> Tensor:
        """Weighted mean of the values within the mask; 0 where the mask is empty."""
        weights = weights.detach() if self.detach_weights else weights
        weights = weights * mask
        return (weights * values).sum() / weights.sum().clamp(min=FLOOR)
