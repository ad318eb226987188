"""Learning rate over the run, parameter groups, averaged weights."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from reid.models import build_model
from reid.training.optimiser import AveragedWeights, build_optimiser, parameter_groups, rate_factor, set_rate
from reid.training.options import Optimiser, Schedule


def test_warmup_then_cosine() -> None:
    schedule = Schedule(steps=10, warmup=0.1)
    assert rate_factor(0.0, schedule) == pytest.approx(0.01)
    assert rate_factor(0.05, schedule) == pytest.approx(0.505)
    assert rate_factor(0.1, schedule) == pytest.approx(1.0)
    assert rate_factor(0.55, schedule) == pytest.approx(0.5)
    assert rate_factor(1.0, schedule) == pytest.approx(0.0)


def test_steps_halve() -> None:
    schedule = Schedule(steps=10, warmup=0.0, decay="steps")
    assert [rate_factor(p, schedule) for p in (0.49, 0.5, 0.6, 0.9)] == [1.0, 0.5, 0.25, 0.03125]


def test_length_is_given_once() -> None:
    for wrong in ({}, {"steps": 1, "hours": 1.0}):
        with pytest.raises(ValueError, match=r"either schedule\.steps or schedule\.hours"):
            Schedule(**wrong)


def test_biases_and_norms_do_not_decay_and_the_trunk_has_its_rate() -> None:
    model = build_model("pyramid", {"parts": 2, "width": 4, "neck": "paper"}, 3)
    options = Optimiser(name="sgd", weight_decay=0.1, trunk_factor=0.1, learning_rate=1.0)
    groups = parameter_groups(model, options)
    assert sum(len(group["params"]) for group in groups) == len(list(model.parameters()))
    undecayed = {id(p) for group in groups if not group["weight_decay"] for p in group["params"]}
    for name, parameter in model.named_parameters():
        assert (id(parameter) in undecayed) == (parameter.ndim == 1 or name.endswith("bias"))
    optimiser = build_optimiser(model, options)
    set_rate(optimiser, 0.5)
    assert {group["lr"] for group in optimiser.param_groups} == {0.5, 0.05}


def test_average_follows_and_includes_statistics() -> None:
    network = nn.BatchNorm1d(2)
    average = AveragedWeights(network, 0.5)
    network.weight.data.fill_(3.0)
    network.running_mean.fill_(2.0)
    average.update(network, 100)
    torch.testing.assert_close(average.network.weight, torch.tensor([2.0, 2.0]))
    torch.testing.assert_close(average.network.running_mean, torch.tensor([1.0, 1.0]))
    plain = AveragedWeights(network, 0.0)
    network.weight.data.fill_(7.0)
    plain.update(network, 1)
    torch.testing.assert_close(plain.network.weight, network.weight.detach())
