"""Mutual learning and DarkRank."""

from __future__ import annotations

from itertools import permutations

import pytest
import torch

from reid.losses import ClassificationMutualLoss, DarkRankLoss, MetricMutualLoss


def test_kl_of_two_coins() -> None:
    learner = torch.tensor([[0.5, 0.5]]).log().requires_grad_()
    peer = torch.tensor([[0.9, 0.1]]).log().requires_grad_()
    loss = ClassificationMutualLoss()(learner, [peer])
    assert loss.item() == pytest.approx(0.9 * 0.587787 - 0.1 * 1.609438, abs=1e-5)  # 0.9 ln 1.8 + 0.1 ln 0.2
    loss.backward()
    assert peer.grad is None
    torch.testing.assert_close(learner.grad, torch.tensor([[0.5 - 0.9, 0.5 - 0.1]]))


def test_equal_models_teach_each_other_nothing(random_batch: tuple[torch.Tensor, torch.Tensor]) -> None:
    features = random_batch[0]
    assert ClassificationMutualLoss()(features, [features, features]).item() == pytest.approx(0, abs=1e-6)
    assert MetricMutualLoss()(features, [features]).item() == pytest.approx(0, abs=1e-6)
    assert DarkRankLoss(soft=True)(features[:5] * 0.1, features[:5] * 0.1).item() == pytest.approx(0, abs=1e-5)


def test_metric_mutual_loss_by_hand(points: torch.Tensor) -> None:
    learner, peer = points[:2].clone().requires_grad_(), points[[0, 2]].clone().requires_grad_()
    loss = MetricMutualLoss()(learner, [peer])
    assert loss.item() == pytest.approx(2 * (0.632456 - 1.414214) ** 2 / 4, abs=1e-5)
    loss.backward()
    assert peer.grad is None
    assert learner.grad is not None


def test_no_peer_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one peer"):
        MetricMutualLoss()(torch.zeros(2, 2), [])


def scores(features: torch.Tensor) -> torch.Tensor:
    return -3 * (features[1:] - features[0]).norm(dim=1) ** 3


def plackett_luce(values: torch.Tensor) -> torch.Tensor:
    e = values.exp()
    return torch.stack([e[i] / e[i:].sum() for i in range(len(e))]).prod()


def test_hard_dark_rank_is_the_likelihood_of_the_teachers_order() -> None:
    generator = torch.Generator().manual_seed(0)
    student, teacher = 0.3 * torch.randn(6, 4, generator=generator), 0.3 * torch.randn(6, 4, generator=generator)
    order = scores(teacher).argsort(descending=True)
    expected = -plackett_luce(scores(student)[order]).log()
    torch.testing.assert_close(DarkRankLoss()(student, teacher), expected)


def test_soft_dark_rank_is_the_kl_over_all_orders() -> None:
    generator = torch.Generator().manual_seed(0)
    student, teacher = 0.3 * torch.randn(5, 4, generator=generator), 0.3 * torch.randn(5, 4, generator=generator)
    expected = torch.tensor(0.0)
    total = torch.tensor(0.0)
    for order in permutations(range(4)):
        p, q = plackett_luce(scores(teacher)[list(order)]), plackett_luce(scores(student)[list(order)])
        expected, total = expected + p * (p / q).log(), total + p
    torch.testing.assert_close(total, torch.tensor(1.0))
    torch.testing.assert_close(DarkRankLoss(soft=True)(student, teacher), expected)


def test_dark_rank_input_is_checked() -> None:
    with pytest.raises(ValueError, match="3 or more"):
        DarkRankLoss()(torch.zeros(2, 2), torch.zeros(2, 2))
    with pytest.raises(ValueError, match="at most 6"):
        DarkRankLoss(soft=True)(torch.zeros(9, 2), torch.zeros(9, 2))
