from __future__ import annotations

import pytest
import torch

from reid.losses import CenterLoss, OsmCaaLoss


def test_a_centre_begins_at_its_class_mean(points: torch.Tensor, labels: torch.Tensor) -> None:
    loss = CenterLoss(2, 2)
    value = loss(points, labels)
    # Both classes: two points 0.632456 apart, so each is 0.316228 from the mean.
    assert value.item() == pytest.approx(0.1, abs=1e-6)
    torch.testing.assert_close(loss.centers[0], torch.tensor([0.9, 0.3]))


def test_centres_move_by_the_rate(labels: torch.Tensor) -> None:
    loss = CenterLoss(2, 2, rate=0.5)
    loss(torch.zeros(4, 2), labels)
    value = loss(torch.ones(4, 2), labels)
    assert value.item() == pytest.approx(2.0)  # measured before the move
    torch.testing.assert_close(loss.centers, torch.full((2, 2), 0.5))


def test_centres_learn_from_nothing_else(points: torch.Tensor, labels: torch.Tensor) -> None:
    """Neither the weight of the loss nor class-aware attention on the centres changes their path."""
    paths = []
    for weight, with_attention in ((1.0, False), (5e-4, True)):
        loss = CenterLoss(2, 2)
        for step in range(3):
            features = (points + 0.1 * step).requires_grad_()
            total = weight * loss(features, labels)
            if with_attention:
                total = total + OsmCaaLoss()(features, labels, loss.centers)
            total.backward()
        paths.append(loss.centers)
    torch.testing.assert_close(paths[0], paths[1])


def test_gradient_is_that_of_the_squared_distance(labels: torch.Tensor) -> None:
    loss = CenterLoss(2, 2)
    loss(torch.zeros(4, 2), labels)
    features = torch.ones(4, 2, requires_grad=True)
    loss(features, labels).backward()
    torch.testing.assert_close(features.grad, torch.full((4, 2), 2.0 / 4))


def test_evaluation_does_not_move_centres(points: torch.Tensor, labels: torch.Tensor) -> None:
    loss = CenterLoss(2, 2).eval()
    loss(points, labels)
    assert loss.centers.abs().sum() == 0


def test_centres_are_saved_and_restored(points: torch.Tensor, labels: torch.Tensor) -> None:
    loss, other = CenterLoss(2, 2), CenterLoss(2, 2)
    loss(points, labels)
    other.load_state_dict(loss.state_dict())
    torch.testing.assert_close(other(points, labels), loss(points, labels))


def test_a_label_beyond_the_classes_is_refused(points: torch.Tensor) -> None:
    with pytest.raises(ValueError, match="label 5 with 2 centres"):
        CenterLoss(2, 2)(points, torch.tensor([0, 1, 5, 1]))
