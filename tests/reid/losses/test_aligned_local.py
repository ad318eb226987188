"""Alignment of stripes against hand-worked paths and a slow dynamic programme."""

from __future__ import annotations

import math

import numpy as np
import torch

from reid.losses.aligned_local import AlignedLocalLoss, aligned_distances


def slow_path(cells: np.ndarray) -> float:
    total = np.full(cells.shape, math.inf)
    for i, j in np.ndindex(*cells.shape):
        before = ([total[i - 1, j]] if i else []) + ([total[i, j - 1]] if j else [])
        total[i, j] = cells[i, j] + (min(before) if before else 0.0)
    return float(total[-1, -1])


def test_path_of_the_specification() -> None:
    assert abs(slow_path(np.array([[0.1, 0.9], [0.8, 0.2]])) - 1.1) < 1e-12


def test_equals_the_slow_programme() -> None:
    torch.manual_seed(0)
    first, second = torch.randn(3, 4, 5), torch.randn(2, 6, 5)
    found = aligned_distances(first, second)
    for m, n in np.ndindex(3, 2):
        cells = torch.tanh(torch.cdist(first[m], second[n]) / 2).numpy()
        assert abs(float(found[m, n]) - slow_path(cells)) < 1e-4


def test_stripe_distance_is_bounded_where_the_exponential_overflows() -> None:
    one, far = torch.zeros(1, 1, 2), torch.tensor([[[0.6, 0.8]]])
    assert abs(float(aligned_distances(one, far)) - 0.462117) < 1e-5
    assert float(aligned_distances(one, 1e4 * far)) == 1.0


def test_a_shifted_person_is_nearer_than_without_alignment() -> None:
    torch.manual_seed(0)
    stripes = 3 * torch.randn(1, 8, 16)
    shifted = torch.cat([stripes[:, 1:], stripes[:, -1:]], dim=1)
    other = 3 * torch.randn(1, 8, 16)
    assert float(aligned_distances(stripes, shifted)) < float(aligned_distances(stripes, other))


def test_local_loss_uses_the_globally_hardest_triplets_and_has_gradients() -> None:
    torch.manual_seed(0)
    stripes = torch.randn(6, 3, 4, requires_grad=True)
    labels = torch.tensor([0, 0, 1, 1, 2, 2])
    loss = AlignedLocalLoss(10.0)(torch.randn(6, 7), stripes, labels)
    loss.backward()
    assert loss > 0
    assert stripes.grad is not None
    assert stripes.grad.abs().sum() > 0
