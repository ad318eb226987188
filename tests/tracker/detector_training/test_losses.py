"""Losses: by hand, against torchvision, and what they do with nobody and with ignored regions."""

from __future__ import annotations

import math

import pytest
import torch
from torchvision.ops import complete_box_iou_loss

from tracker.detection.network import cells, decode_boxes
from tracker.detector_training.assignment import assign
from tracker.detector_training.losses import complete_iou, detection_loss, quality_focal

NOBODY = torch.zeros(0, 4)


def test_complete_iou_as_torchvision_has_it() -> None:
    torch.manual_seed(0)
    a, b = torch.rand(50, 4) * 30, torch.rand(50, 4) * 30
    a[:, 2:] += a[:, :2] + 2
    b[:, 2:] += b[:, :2] + 2
    torch.testing.assert_close(1 - complete_iou(a, b), complete_box_iou_loss(a, b), rtol=1e-4, atol=1e-4)


def test_quality_focal_by_hand() -> None:
    loss = quality_focal(torch.zeros(2), torch.tensor([0.5, 1.0]))
    torch.testing.assert_close(loss, torch.tensor([0.0, 0.25 * math.log(2)]))


def test_the_perfect_answer_costs_nothing() -> None:
    centres, strides = cells(64, 64)
    person = torch.tensor([[8.0, 8.0, 40.0, 56.0]])
    sides = torch.cat([centres - person[:, :2], person[:, 2:] - centres], 1).clamp(min=1e-3) / strides
    boxes = decode_boxes(sides.log(), centres, strides)
    mine = assign(torch.full((len(centres),), 0.5), boxes, centres, person, NOBODY).persons == 0
    logits = torch.where(mine, 9.0, -9.0)
    raw = torch.cat([sides.log(), logits[:, None]], 1)[None]
    score_loss, box_loss = detection_loss(raw, centres, strides, [person], [NOBODY])
    assert float(box_loss) == pytest.approx(0, abs=1e-4)
    assert float(score_loss) == pytest.approx(0, abs=1e-4)


def test_nobody_still_teaches_silence() -> None:
    centres, strides = cells(64, 64)
    raw = torch.zeros(1, len(centres), 5, requires_grad=True)
    score_loss, box_loss = detection_loss(raw, centres, strides, [NOBODY], [NOBODY])
    (score_loss + box_loss).backward()  # type: ignore[no-untyped-call]
    assert box_loss.item() == 0
    assert raw.grad is not None
    assert (raw.grad[..., 4] > 0).all()


def test_cells_in_ignored_regions_learn_no_score() -> None:
    centres, strides = cells(64, 64)
    raw = torch.zeros(1, len(centres), 5, requires_grad=True)
    region = torch.tensor([[0.0, 0.0, 32.0, 64.0]])
    score_loss, _ = detection_loss(raw, centres, strides, [NOBODY], [region])
    score_loss.backward()  # type: ignore[no-untyped-call]
    assert raw.grad is not None
    assert (raw.grad[0, centres[:, 0] < 32, 4] == 0).all()
    assert (raw.grad[0, centres[:, 0] > 32, 4] > 0).all()
