from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pytorch_metric_learning.losses import TripletMarginLoss
from pytorch_metric_learning.miners import BatchHardMiner

from reid.losses import BatchHardTripletLoss
from reid.losses.distances import euclidean_distances


def test_distances_of_the_four_points(points: torch.Tensor) -> None:
    found = euclidean_distances(points)[torch.triu(torch.ones(4, 4), 1) == 1]
    expected = torch.tensor([0.632456, 1.414214, 1.788854, 0.894427, 1.414214, 0.632456])
    torch.testing.assert_close(found, expected, atol=1e-6, rtol=0)


def test_distances_stay_float32_under_autocast(points: torch.Tensor) -> None:
    with torch.autocast("cpu", dtype=torch.bfloat16):
        inside = euclidean_distances(points * 100)
    assert inside.dtype == torch.float32
    torch.testing.assert_close(inside, euclidean_distances(points * 100))


def test_hand_worked_value(points: torch.Tensor, labels: torch.Tensor) -> None:
    assert BatchHardTripletLoss(0.3)(points, labels).item() == pytest.approx(0.019014, abs=1e-6)


def test_soft_margin_is_the_softplus_of_the_gap(points: torch.Tensor, labels: torch.Tensor) -> None:
    gaps = torch.tensor([0.632456 - 1.414214, 0.632456 - 0.894427, 0.632456 - 0.894427, 0.632456 - 1.414214])
    expected = torch.log1p(gaps.exp()).mean().item()
    assert BatchHardTripletLoss(None)(points, labels).item() == pytest.approx(expected, abs=1e-6)


def test_equals_pytorch_metric_learning(random_batch: tuple[torch.Tensor, torch.Tensor]) -> None:
    features, labels = random_batch
    unit = torch.nn.functional.normalize(features, dim=1)
    triplets = BatchHardMiner()(unit, labels)
    # Theirs averages over the non-zero triplets only; with a large margin none is zero.
    reference = TripletMarginLoss(margin=3.0)(unit, labels, triplets)
    torch.testing.assert_close(BatchHardTripletLoss(3.0, normalize=True)(features, labels), reference)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.0, 2.0))
def test_equals_a_loop_over_anchors(seed: int, margin: float) -> None:
    generator = torch.Generator().manual_seed(seed)
    features = torch.randn(9, 4, generator=generator)
    labels = torch.randint(0, 3, (9,), generator=generator)
    losses = []
    for i in range(9):
        positives = [(features[i] - features[j]).norm() for j in range(9) if j != i and labels[j] == labels[i]]
        negatives = [(features[i] - features[j]).norm() for j in range(9) if labels[j] != labels[i]]
        if positives and negatives:
            losses.append((max(positives) - min(negatives) + margin).clamp(min=0))
    expected = torch.stack(losses).mean() if losses else torch.tensor(0.0)
    torch.testing.assert_close(BatchHardTripletLoss(margin)(features, labels), expected, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("labels", [[0, 0, 0, 0], [0, 1, 2, 3]])
def test_a_batch_without_triplets_is_a_counted_zero(
    points: torch.Tensor, labels: list[int], caplog: pytest.LogCaptureFixture
) -> None:
    features = points.clone().requires_grad_()
    loss = BatchHardTripletLoss(0.3)(features, torch.tensor(labels))
    loss.backward()
    assert loss.item() == 0.0
    assert "no anchor" in caplog.text
    assert features.grad is not None
    assert features.grad.abs().sum() == 0


def test_gradient_is_finite_for_identical_features(labels: torch.Tensor) -> None:
    features = torch.ones(4, 8, requires_grad=True)
    BatchHardTripletLoss(0.3)(features, labels).backward()
    assert features.grad is not None
    assert torch.isfinite(features.grad).all()


def test_negative_margin_is_refused() -> None:
    with pytest.raises(ValueError, match="margin"):
        BatchHardTripletLoss(-1.0)
