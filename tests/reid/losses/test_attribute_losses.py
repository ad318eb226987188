"""Attribute losses and the attention loss of erased frames."""

from __future__ import annotations

import math

import pytest
import torch

from reid.losses import (
    EXTRA_INPUT,
    LOSSES,
    AttributeTripletLoss,
    BatchHardTripletLoss,
    ErasedAttentionLoss,
    WeightedAttributeLoss,
)


def test_weighted_cross_entropy_by_hand() -> None:
    loss = WeightedAttributeLoss([0.5, 0.1])(torch.tensor([[0.0, 0.0]]), torch.tensor([[1, 1]]))
    assert loss.item() == pytest.approx(math.log(2) * (1 / (2 * 0.5) + 1 / (2 * 0.1)), abs=1e-5)
    loss = WeightedAttributeLoss([0.5, 0.1])(torch.tensor([[0.0, 0.0]]), torch.tensor([[0, 0]]))
    assert loss.item() == pytest.approx(math.log(2) * (1 / (2 * 0.5) + 1 / (2 * 0.9)), abs=1e-5)


def test_unknown_attributes_do_not_count_and_get_no_gradient() -> None:
    logits = torch.zeros(1, 2, requires_grad=True)
    loss = WeightedAttributeLoss([0.5, 0.5])(logits, torch.tensor([[1, -1]]))
    loss.backward()
    assert loss.item() == pytest.approx(math.log(2), abs=1e-5)
    assert logits.grad is not None
    assert logits.grad[0, 1] == 0


def test_frequencies_are_clamped_and_checked() -> None:
    assert WeightedAttributeLoss([0.0, 1.0]).frequencies.tolist() == pytest.approx([0.01, 0.99])
    with pytest.raises(ValueError, match="frequencies"):
        WeightedAttributeLoss([2.0])


def test_attribute_triplet_by_hand(points: torch.Tensor, labels: torch.Tensor) -> None:
    plain = BatchHardTripletLoss(1.0)(points, labels)
    same = AttributeTripletLoss(1.0, gamma=0.1)(points, labels, torch.zeros(4, 3))
    torch.testing.assert_close(plain, same)
    # Attributes that tell the two people apart by a squared distance of 1 lower each term by gamma.
    apart = AttributeTripletLoss(1.0, gamma=0.1)(points, labels, labels[:, None].float())
    torch.testing.assert_close(apart, plain - 0.1)


def test_attention_on_erased_frames_by_hand() -> None:
    attention = torch.tensor([[0.5, 0.3, 0.2], [0.1, 0.1, 0.8]])
    erased = torch.tensor([[True, False, False], [False, True, True]])
    assert ErasedAttentionLoss()(attention, erased).item() == pytest.approx((0.5 + 0.9) / 2)
    with pytest.raises(ValueError, match="flags"):
        ErasedAttentionLoss()(attention, erased[:1])


def test_every_loss_is_registered_under_one_name() -> None:
    assert len(set(LOSSES.values())) == len(LOSSES)
    assert set(EXTRA_INPUT) < set(LOSSES)
