"""Contrastive, triplet, improved triplet, quadruplets, soft batch hard and margin sample mining."""

from __future__ import annotations

from itertools import product

import pytest
import torch
from pytorch_metric_learning.losses import ContrastiveLoss as ReferenceContrastive
from pytorch_metric_learning.losses import TripletMarginLoss
from pytorch_metric_learning.reducers import MeanReducer

from reid.losses import (
    LOSSES,
    BatchHardTripletLoss,
    CappedQuadrupletLoss,
    ContrastiveLoss,
    ImprovedTripletLoss,
    MarginSampleMiningLoss,
    QuadrupletLoss,
    SoftBatchHardTripletLoss,
    TripletLoss,
)

Batch = tuple[torch.Tensor, torch.Tensor]
PAIR_LOSSES = [
    "contrastive",
    "triplet",
    "improved_triplet",
    "quadruplet",
    "capped_quadruplet",
    "batch_hard",
    "soft_batch_hard",
    "margin_sample_mining",
]


def triplets(labels: torch.Tensor) -> list[tuple[int, int, int]]:
    n, y = range(len(labels)), labels.tolist()
    return [(a, p, m) for a, p, m in product(n, n, n) if a != p and y[a] == y[p] and y[m] != y[a]]


def relu(value: float) -> float:
    return max(value, 0.0)


def test_contrastive_by_hand(points: torch.Tensor, labels: torch.Tensor) -> None:
    # Positives 01 and 23 are 0.632456 apart; of the negatives only 12 (0.894427) is nearer than 1.
    linear = ContrastiveLoss(1.0, squared=False)(points, labels).item()
    assert linear == pytest.approx(0.632456 + (1 - 0.894427) / 4, abs=1e-5)
    squared = ContrastiveLoss(1.0)(points, labels).item()
    assert squared == pytest.approx(0.4 + (1 - 0.894427) ** 2 / 4, abs=1e-5)


def test_contrastive_equals_pytorch_metric_learning(random_batch: Batch) -> None:
    features, labels = random_batch
    unit = torch.nn.functional.normalize(features, dim=1)
    reducer = MeanReducer()  # their default averages over non-zero terms only
    reference = ReferenceContrastive(pos_margin=0, neg_margin=1.2, reducer=reducer)(unit, labels)
    torch.testing.assert_close(ContrastiveLoss(1.2, squared=False)(unit, labels), reference)


def test_triplet_equals_pytorch_metric_learning(random_batch: Batch) -> None:
    features, labels = random_batch
    unit = torch.nn.functional.normalize(features, dim=1)
    reference = TripletMarginLoss(margin=0.3, reducer=MeanReducer())(unit, labels)
    torch.testing.assert_close(TripletLoss(0.3)(unit, labels), reference)


def test_improved_triplet_by_hand(points: torch.Tensor, labels: torch.Tensor) -> None:
    d = torch.cdist(points, points)
    terms = [relu(float(d[a, p] - d[a, n]) + 0.3) + relu(float(d[a, p]) - 0.1) for a, p, n in triplets(labels)]
    found = ImprovedTripletLoss(0.3, cap=0.1)(points, labels).item()
    assert found == pytest.approx(sum(terms) / len(terms), abs=1e-5)


def test_quadruplet_by_enumeration() -> None:
    features = torch.randn(6, 3, generator=torch.Generator().manual_seed(1))
    labels = torch.tensor([0, 0, 1, 1, 2, 2])
    d, y = torch.cdist(features, features), labels.tolist()
    first = [relu(float(d[a, p] - d[a, n]) + 0.5) for a, p, n in triplets(labels)]
    second = [
        relu(float(d[a, p] - d[b, c]) + 0.2)
        for a, p, b, c in product(range(6), repeat=4)
        if a != p and y[a] == y[p] and b < c and len({y[a], y[b], y[c]}) == 3
    ]
    expected = sum(first) / len(first) + sum(second) / len(second)
    assert QuadrupletLoss(0.5, 0.2)(features, labels).item() == pytest.approx(expected, abs=1e-5)


def test_quadruplet_of_two_people_has_no_pair_beside_the_anchor(points: torch.Tensor, labels: torch.Tensor) -> None:
    torch.testing.assert_close(QuadrupletLoss(0.3)(points, labels), TripletLoss(0.3)(points, labels))


def test_capped_quadruplet_by_hand(points: torch.Tensor, labels: torch.Tensor) -> None:
    d = torch.cdist(points, points)
    terms = [relu(float(d[a, p] - d[a, n]) + 1.0) + relu(float(d[a, p]) - 0.2) for a, p, n in triplets(labels)]
    floor = [relu(1.2 - float(d[b, c])) for b, c in [(0, 2), (0, 3), (1, 2), (1, 3)]]
    expected = sum(terms) / len(terms) + sum(floor) / 4
    assert CappedQuadrupletLoss(1.0, 0.2)(points, labels).item() == pytest.approx(expected, abs=1e-5)


def test_soft_batch_hard_by_hand(points: torch.Tensor, labels: torch.Tensor) -> None:
    assert SoftBatchHardTripletLoss(0.3)(points, labels).item() == 0.0
    # One positive each: near = 0.632456. Far of anchor 0: softmax(-[1.414214, 1.788854]) mixes to 1.566842.
    far = torch.tensor([[1.414214, 1.788854], [0.894427, 1.414214], [1.414214, 0.894427], [1.788854, 1.414214]])
    mixed = (torch.softmax(-far, 1) * far).sum(1)
    expected = (0.632456 - mixed + 1.0).clamp(min=0).mean().item()
    assert SoftBatchHardTripletLoss(1.0)(points, labels).item() == pytest.approx(expected, abs=1e-5)


def test_soft_batch_hard_becomes_batch_hard_when_cold(random_batch: Batch) -> None:
    cold = SoftBatchHardTripletLoss(1.0, temperature=1e-4)(*random_batch)
    torch.testing.assert_close(cold, BatchHardTripletLoss(1.0)(*random_batch), atol=1e-4, rtol=0)


def test_detached_weights_change_the_gradient_but_not_the_value(random_batch: Batch) -> None:
    gradients = []
    for detach in (False, True):
        features = random_batch[0].clone().requires_grad_()
        SoftBatchHardTripletLoss(1.0, detach_weights=detach)(features, random_batch[1]).backward()
        gradients.append(features.grad)
    assert not torch.allclose(gradients[0], gradients[1])  # type: ignore[arg-type]


def test_margin_sample_mining_by_hand(points: torch.Tensor, labels: torch.Tensor) -> None:
    assert MarginSampleMiningLoss(0.3)(points, labels).item() == pytest.approx(0.038028, abs=1e-6)


@pytest.mark.parametrize("name", PAIR_LOSSES)
def test_gradients_agree_with_finite_differences(name: str) -> None:
    features = torch.randn(6, 3, generator=torch.Generator().manual_seed(3), dtype=torch.float64, requires_grad=True)
    labels = torch.tensor([0, 0, 1, 1, 2, 2])
    assert torch.autograd.gradcheck(lambda x: LOSSES[name]()(x, labels), features)


@pytest.mark.parametrize("name", PAIR_LOSSES)
def test_order_of_the_batch_does_not_matter(name: str, random_batch: Batch) -> None:
    features, labels = random_batch
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(0))
    loss = LOSSES[name]()
    torch.testing.assert_close(loss(features, labels), loss(features[order], labels[order]))


@pytest.mark.parametrize("name", [n for n in PAIR_LOSSES if n != "contrastive"])
def test_one_identity_in_the_batch_is_a_logged_zero(name: str, caplog: pytest.LogCaptureFixture) -> None:
    features = torch.randn(4, 3, requires_grad=True)
    loss = LOSSES[name]()(features, torch.zeros(4, dtype=torch.long))
    loss.backward()
    assert loss.item() == 0.0
    assert "skipped" in caplog.text


@pytest.mark.parametrize("name", PAIR_LOSSES)
def test_half_precision_features_give_a_float32_loss(name: str, random_batch: Batch) -> None:
    features, labels = random_batch
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert LOSSES[name]()(features.bfloat16(), labels).dtype == torch.float32


@pytest.mark.parametrize(
    ("loss", "options"),
    [
        (TripletLoss, {"margin": -1}),
        (ImprovedTripletLoss, {"margin": 0.1, "cap": 0.2}),
        (QuadrupletLoss, {"margin": 0.1, "second_margin": 0.2}),
        (CappedQuadrupletLoss, {"cap": -1}),
        (ContrastiveLoss, {"alpha": 0}),
        (SoftBatchHardTripletLoss, {"temperature": 0}),
        (MarginSampleMiningLoss, {"margin": -1}),
    ],
)
def test_options_outside_their_range_are_refused(loss: type, options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(reversed(options))):
        loss(**options)
