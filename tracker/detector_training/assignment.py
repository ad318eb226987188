"""Which cells learn which person.

Task alignment (Feng et al., TOOD, ICCV 2021, arXiv:2108.07755): for each person the cells inside the box with the
largest score^alpha * IoU^beta; their target score is that measure, scaled so that the best cell's target is its IoU.
Departure: boxes narrower than the finest cells reach a little beyond their sides, so that small people have candidates.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

ALPHA, BETA = 0.5, 6.0
"""Exponents of score and overlap, from the paper (1 and 6) with the score's softened for training from scratch."""
TOP_CELLS = 10
MIN_REACH_PX = 7.0
"""Least distance from a box's centre to the farthest candidate cell, on each axis, in pixels."""


@dataclass(frozen=True, eq=False)
class Assignment:
    """Targets of one image's A cells.

    Attributes:
        scores: float32 (A,), 0 for cells without a person.
        persons: int64 (A,), the person's row, -1 for none.
        is_ignored: bool (A,), cells without a person inside an ignored region.
    """

    scores: Tensor
    persons: Tensor
    is_ignored: Tensor


@torch.no_grad()
def assign(scores: Tensor, boxes: Tensor, centres: Tensor, people: Tensor, ignored: Tensor) -> Assignment:
    """Choose cells for each person of one image.

    Args:
        scores: Predicted, (A,), in [0, 1].
        boxes: Predicted, (A, 4), (x1, y1, x2, y2) in pixels.
        centres: Of the cells, (A, 2), in pixels.
        people: True boxes, (N, 4).
        ignored: Regions that are neither people nor background, (M, 4).
    """
    in_ignored = _contains(ignored, centres).any(dim=0)
    persons = torch.full((len(centres),), -1, device=centres.device)
    if len(people) == 0:
        return Assignment(torch.zeros(len(centres), device=centres.device), persons, in_ignored)
    overlap = pairwise_iou(people, boxes)  # (N, A)
    alignment = scores[None].clamp(min=1e-6) ** ALPHA * overlap**BETA
    alignment = alignment * _contains(_widened(people), centres)
    best, cells = alignment.topk(min(TOP_CELLS, len(centres)), dim=1)  # (N, K)
    chosen = torch.zeros_like(alignment).scatter_(1, cells, (best > 0).float()) > 0
    # A cell that several people want goes to the one that its box overlaps most.
    closest, owner = torch.where(chosen, overlap, -1.0).max(dim=0)  # (A,)
    taken = closest >= 0
    persons[taken] = owner[taken]
    mine = chosen & (owner[None] == torch.arange(len(people), device=owner.device)[:, None])
    aligned = torch.where(mine, alignment, 0.0)
    top_alignment = aligned.amax(dim=1, keepdim=True).clamp(min=1e-12)
    top_overlap = torch.where(mine, overlap, 0.0).amax(dim=1, keepdim=True)
    targets = (aligned / top_alignment * top_overlap).amax(dim=0)
    return Assignment(targets, persons, in_ignored & ~taken)


def pairwise_iou(a: Tensor, b: Tensor) -> Tensor:
    """Intersection over union of each pair, (N, 4) and (A, 4) -> (N, A)."""
    low = torch.maximum(a[:, None, :2], b[None, :, :2])
    high = torch.minimum(a[:, None, 2:], b[None, :, 2:])
    shared = (high - low).clamp(min=0).prod(dim=2)
    return shared / (_area(a)[:, None] + _area(b)[None] - shared).clamp(min=1e-6)


def _area(boxes: Tensor) -> Tensor:
    return (boxes[:, 2:] - boxes[:, :2]).clamp(min=0).prod(dim=1)


def _widened(boxes: Tensor) -> Tensor:
    """The boxes, at least `MIN_REACH_PX` from the centre to each side."""
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2
    reach = ((boxes[:, 2:] - boxes[:, :2]) / 2).clamp(min=MIN_REACH_PX)
    return torch.cat([middle - reach, middle + reach], dim=1)


def _contains(boxes: Tensor, points: Tensor) -> Tensor:
    """Which boxes hold which points, (N, 4) and (A, 2) -> bool (N, A)."""
    x, y = points[:, 0], points[:, 1]
    return (boxes[:, :1] < x) & (x < boxes[:, 2:3]) & (boxes[:, 1:2] < y) & (y < boxes[:, 3:])
