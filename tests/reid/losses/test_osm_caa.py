from __future__ import annotations

import pytest
import torch

from reid.losses import OsmCaaLoss


def test_attention_of_the_four_points(points: torch.Tensor, labels: torch.Tensor) -> None:
    attention = OsmCaaLoss().attention(points, labels, torch.eye(2))
    torch.testing.assert_close(attention, torch.tensor([0.731059, 0.549834, 0.731059, 0.802184]), atol=1e-6, rtol=0)


def test_hand_worked_value(points: torch.Tensor, labels: torch.Tensor) -> None:
    assert OsmCaaLoss(1.2, 0.5, 0.8)(points, labels, torch.eye(2)).item() == pytest.approx(0.123344, abs=1e-6)


def test_lengths_do_not_matter(points: torch.Tensor, labels: torch.Tensor) -> None:
    loss = OsmCaaLoss()
    torch.testing.assert_close(loss(points * 5, labels, torch.eye(2) * 9), loss(points, labels, torch.eye(2)))


def test_a_low_temperature_sharpens_the_attention(points: torch.Tensor) -> None:
    """Point 0 under the wrong label is an outlier: 0.269 of the weight when flat, almost none when sharp."""
    labels = torch.tensor([1, 0, 1, 1])
    assert OsmCaaLoss().attention(points, labels, torch.eye(2))[0].item() == pytest.approx(0.268941, abs=1e-6)
    sharp = OsmCaaLoss(temperature=0.18).attention(points, labels, torch.eye(2))
    assert sharp[0].item() == pytest.approx(1 / (1 + 2.718281828 ** (1 / 0.18)), abs=1e-6)


def test_without_positive_pairs_only_the_negatives_count(points: torch.Tensor) -> None:
    labels, classes = torch.arange(4), torch.eye(4, 2) + 0.1
    balanced = OsmCaaLoss(balance=0.5)(points, labels, classes)
    assert torch.isfinite(balanced)
    torch.testing.assert_close(balanced, 0.5 * OsmCaaLoss(balance=1.0)(points, labels, classes))


def test_one_sample_is_a_logged_zero(caplog: pytest.LogCaptureFixture) -> None:
    loss = OsmCaaLoss()(torch.randn(1, 2, requires_grad=True), torch.tensor([0]), torch.eye(2))
    assert loss.item() == 0.0
    assert "no pair" in caplog.text


def test_detached_weights_leave_the_class_vectors_alone(points: torch.Tensor, labels: torch.Tensor) -> None:
    features, classes = points.clone().requires_grad_(), torch.eye(2, requires_grad=True)
    OsmCaaLoss(detach_weights=True)(features, labels, classes).backward()
    assert classes.grad is None
    OsmCaaLoss()(features, labels, classes).backward()
    assert classes.grad is not None


def test_gradient_agrees_with_finite_differences(labels: torch.Tensor) -> None:
    features = torch.randn(4, 3, generator=torch.Generator().manual_seed(3), dtype=torch.float64, requires_grad=True)
    classes = torch.randn(2, 3, generator=torch.Generator().manual_seed(4), dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x, w: OsmCaaLoss()(x, labels, w), (features, classes))
