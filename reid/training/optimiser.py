"""The optimiser, the learning rate over the training, and the average of the weights."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable

import torch
from torch import nn

from reid.training.options import Optimiser, Schedule

WARMUP_START = 0.01  # share of the learning rate at the first step (Luo et al.)


def parameter_groups(network: nn.Module, options: Optimiser) -> list[dict]:
    """Trunk and rest, each with and without weight decay (biases and norms have none)."""
    groups: dict[tuple[bool, bool], list[nn.Parameter]] = {}
    for name, parameter in network.named_parameters():
        if parameter.requires_grad:
            decays = parameter.ndim > 1 and not name.endswith("bias")
            groups.setdefault((".trunk." in f".{name}", decays), []).append(parameter)
    return [
        {
            "params": parameters,
            "weight_decay": options.weight_decay if decays else 0.0,
            "factor": options.trunk_factor if in_trunk else 1.0,
        }
        for (in_trunk, decays), parameters in groups.items()
    ]


def build_optimiser(network: nn.Module, options: Optimiser) -> torch.optim.Optimizer:
    """The optimiser over all parameters that learn."""
    groups = parameter_groups(network, options)
    if options.name == "sgd":
        return torch.optim.SGD(groups, lr=options.learning_rate, momentum=0.9, nesterov=True)
    kind = torch.optim.AdamW if options.name == "adamw" else torch.optim.Adam
    return kind(groups, lr=options.learning_rate)


def rate_factor(progress: float, options: Schedule) -> float:
    """Factor on the learning rate at `progress` in [0, 1): linear warm-up, then cosine to 0 or steps."""
    if progress < options.warmup:
        return WARMUP_START + (1.0 - WARMUP_START) * progress / options.warmup
    if options.decay == "steps":
        return options.factor ** sum(progress >= milestone for milestone in options.milestones)
    return 0.5 * (1.0 + math.cos(math.pi * (progress - options.warmup) / (1.0 - options.warmup)))


def set_rate(optimiser: torch.optim.Optimizer, rate: float) -> None:
    """Set every group's learning rate."""
    for group in optimiser.param_groups:
        group["lr"] = rate * group["factor"]


class AveragedWeights:
    """Exponential moving average of all weights and statistics; early on it follows quickly.

    Args:
        network: Whose weights are averaged.
        decay: Share of the old average that each step keeps; 0 keeps a plain copy.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.network = copy.deepcopy(network).eval()
        for parameter in self.network.parameters():
            parameter.requires_grad_(False)
        self._decay = decay

    @torch.no_grad()
    def update(self, network: nn.Module, step: int) -> None:
        """Move towards the network after optimiser step `step`, from 1."""
        decay = min(self._decay, (1 + step) / (10 + step))
        averages, values = _floats(self.network), _floats(network)
        torch._foreach_lerp_(averages, values, 1.0 - decay)


def _floats(network: nn.Module) -> list[torch.Tensor]:
    tensors: Iterable[torch.Tensor] = network.state_dict().values()
    return [tensor for tensor in tensors if tensor.is_floating_point()]
