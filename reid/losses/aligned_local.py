"""AlignedReID's local loss: a triplet loss on stripes that are aligned by a cheapest path.

Zhang et al., AlignedReID: Surpassing Human-Level Performance in Person Re-Identification, arXiv:1711.08184.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from reid.losses.batch_hard import hardest_pairs, hinge_or_softplus
from reid.losses.distances import euclidean_distances, no_loss


def aligned_distances(first: Tensor, second: Tensor) -> Tensor:
    """Cheapest monotone path through the stripe distances, from both tops to both bottoms.

    The distance of two stripes is `(e^d - 1) / (e^d + 1) = tanh(d / 2)` of their Euclidean distance d; the exponential
    form overflows, tanh does not. A path moves right or down, over 2 R - 1 cells, and has no diagonal step.

    Args:
        first: Stripes (M, R, width).
        second: Stripes (N, S, width).

    Returns:
        float32 (M, N), differentiable.
    """
    with torch.autocast(first.device.type, enabled=False):
        rows, columns = first.float().transpose(0, 1), second.float().transpose(0, 1)  # (R, M, w), (S, N, w)
        squared = (
            rows.square().sum(2)[:, None, :, None]
            + columns.square().sum(2)[None, :, None, :]
            - 2.0 * torch.einsum("rmw,snw->rsmn", rows, columns)
        )
        cells = torch.tanh(squared.clamp(min=1e-12).sqrt() / 2.0)  # (R, S, M, N)
    path: list[list[Tensor]] = []
    for r in range(cells.shape[0]):
        path.append([])
        for s in range(cells.shape[1]):
            above = path[r - 1][s] if r else None
            left = path[r][s - 1] if s else None
            if above is not None and left is not None:
                path[r].append(torch.minimum(above, left) + cells[r, s])
            else:
                before = above if above is not None else left
                path[r].append(cells[r, s] if before is None else before + cells[r, s])
    return path[-1][-1]


class AlignedLocalLoss(nn.Module):
    """Triplet loss on the aligned distance, for the triplets that are hardest by the global distance.

    Args:
        margin: Between the positive's and the negative's path; 0.3 in the paper.
    """

    def __init__(self, margin: float = 0.3) -> None:
        super().__init__()
        self.margin = margin

    def forward(self, features: Tensor, stripes: Tensor, labels: Tensor) -> Tensor:
        """Scalar from global features (N, C), stripes (N, R, width) and identities, int64 (N,)."""
        anchors, positives, negatives = hardest_pairs(euclidean_distances(features), labels)
        if len(anchors) == 0:
            return no_loss(features, "no anchor has both a positive and a negative in this batch")
        distances = aligned_distances(stripes, stripes)
        gap = distances[anchors, positives] - distances[anchors, negatives]
        return hinge_or_softplus(gap, self.margin).mean()
