from __future__ import annotations

import math

import pytest
import torch

from reid.losses import LabelSmoothedCrossEntropy


def test_equal_logits_cost_the_log_of_the_classes() -> None:
    loss = LabelSmoothedCrossEntropy(0.1)(torch.zeros(3, 751), torch.tensor([0, 1, 750]))
    assert loss.item() == pytest.approx(math.log(751), abs=1e-5)


def test_hand_worked_smoothed_target() -> None:
    logits = torch.tensor([[2.0, 0.0]])
    log_p = torch.log_softmax(logits, 1)[0]
    expected = -(0.95 * log_p[0] + 0.05 * log_p[1])  # 0.9 * onehot + 0.1 / 2
    torch.testing.assert_close(LabelSmoothedCrossEntropy(0.1)(logits, torch.tensor([0])), expected)


def test_epsilon_outside_its_range_is_refused() -> None:
    with pytest.raises(ValueError, match="epsilon"):
        LabelSmoothedCrossEntropy(1.0)
