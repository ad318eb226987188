"""What the network is trained on: scores by the quality focal loss, boxes by complete IoU."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from tracker.detection.network import decode_boxes
from tracker.detector_training.assignment import assign

BOX_WEIGHT = 2.0
FOCUS = 2.0


def detection_loss(
    raw: Tensor, centres: Tensor, strides: Tensor, people: Sequence[Tensor], ignored: Sequence[Tensor]
) -> tuple[Tensor, Tensor]:
    """Loss of scores and loss of boxes, both divided by the sum of target scores of the batch.

    Args:
        raw: The network's output, float32 (N, A, 5).
        centres: Of the cells, (A, 2), in pixels.
        strides: Of the cells, (A, 1), in pixels.
        people: True boxes (n, 4) of each image.
        ignored: Ignored regions (m, 4) of each image.
    """
    boxes = decode_boxes(raw[..., :4], centres, strides)
    scores = raw[..., 4].detach().sigmoid()
    targets, weights, box_terms, box_weights = [], [], [], []
    for i in range(len(raw)):
        found = assign(scores[i], boxes[i].detach(), centres, people[i], ignored[i])
        targets.append(found.scores)
        weights.append((~found.is_ignored).float())
        taken = found.persons >= 0
        box_terms.append(1 - complete_iou(boxes[i][taken], people[i][found.persons[taken]]))
        box_weights.append(found.scores[taken])
    total = torch.stack(targets).sum().clamp(min=1.0)
    score_loss = (quality_focal(raw[..., 4], torch.stack(targets)) * torch.stack(weights)).sum() / total
    box_loss = (torch.cat(box_terms) * torch.cat(box_weights)).sum() / total
    return score_loss, BOX_WEIGHT * box_loss


def quality_focal(logits: Tensor, targets: Tensor) -> Tensor:
    """Cross-entropy with soft targets, times the squared error (Li et al., GFL, NeurIPS 2020, arXiv:2006.04388)."""
    entropy = F.binary_cross_entropy_with_logits(logits, targets, reduction="none")
    return entropy * (logits.sigmoid() - targets).abs() ** FOCUS


def complete_iou(a: Tensor, b: Tensor) -> Tensor:
    """IoU less penalties for distance of centres and difference of shape, (N, 4) twice -> (N,), in about [-1.5, 1].

    Zheng et al., AAAI 2020, arXiv:1911.08287.
    """
    size_a, size_b = (a[:, 2:] - a[:, :2]).clamp(min=1e-3), b[:, 2:] - b[:, :2]
    shared = (torch.minimum(a[:, 2:], b[:, 2:]) - torch.maximum(a[:, :2], b[:, :2])).clamp(min=0).prod(dim=1)
    iou = shared / (size_a.prod(dim=1) + size_b.prod(dim=1) - shared).clamp(min=1e-6)
    hull = torch.maximum(a[:, 2:], b[:, 2:]) - torch.minimum(a[:, :2], b[:, :2])
    apart = (a[:, :2] + a[:, 2:] - b[:, :2] - b[:, 2:]).square().sum(dim=1) / 4
    turn = torch.atan(size_a[:, 0] / size_a[:, 1]) - torch.atan(size_b[:, 0] / size_b[:, 1])
    shape = 4 / math.pi**2 * turn.square()
    with torch.no_grad():
        weight = shape / (1 - iou + shape).clamp(min=1e-6)
    return iou - apart / hull.square().sum(dim=1).clamp(min=1e-6) - weight * shape
