"""Start a training from a finished detector, so that your own data builds on what the shipped one has learned.

An exported file holds each convolution with its batch normalisation folded in. Training needs them apart: kernels are
set to unit length, and the statistics of their outputs on training images become those of the normalisation, whose
scale and shift then make up for both. The network computes what it computed before, and can learn on.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

import torch
from torch import Tensor, nn

from tracker.detection.builtin import WEIGHTS
from tracker.detection.exported import load_exported
from tracker.detection.network import PersonNetwork, is_normalised

SHORTEST = 1e-6
"""Kernels of less length are dead and stay so."""


def initial_network(path: str, images: Iterable[Tensor]) -> PersonNetwork:
    """The network of an exported file, ready to be trained on.

    Args:
        path: .onnx file that tools/export_detector.py wrote, or the word "builtin" for the shipped one.
        images: Batches of training images, (N, 3, H, W), BGR; a few dozen images are enough.

    Raises:
        WeightsError: The file is missing or another program's.
    """
    return unfuse(load_exported(WEIGHTS if path == "builtin" else Path(path)).network, images)


@torch.no_grad()
def unfuse(fused: PersonNetwork, images: Iterable[Tensor]) -> PersonNetwork:
    """The opposite of `fuse`: the same function with batch normalisation in its places, in evaluation mode."""
    network = PersonNetwork(fused.options).eval()
    blocks = {name: block for name, block in network.named_modules() if is_normalised(block)}
    norms = [_unfold(block, fused.get_submodule(f"{name}.0")) for name, block in blocks.items()]
    folded = tuple(f"{name}." for name in blocks)
    others = {key: value for key, value in fused.state_dict().items() if not key.startswith(folded)}
    network.load_state_dict(others, strict=False)
    _measure(network, norms, images)
    return network


def _unfold(block: nn.Sequential, folded: nn.Module) -> nn.BatchNorm2d:
    """Kernels of unit length, and a normalisation, which is returned, that only scales and shifts."""
    kernel, norm = block[0], block[1]
    assert isinstance(kernel, nn.Conv2d)
    assert isinstance(folded, nn.Conv2d)
    assert isinstance(norm, nn.BatchNorm2d)
    length = folded.weight.flatten(1).norm(dim=1).clamp(min=SHORTEST)
    kernel.weight.copy_(folded.weight / length[:, None, None, None])
    norm.weight.copy_(length)
    norm.bias.copy_(folded.bias)  # type: ignore[arg-type]
    norm.running_mean.zero_()  # type: ignore[union-attr]
    norm.running_var.fill_(1 - norm.eps)  # type: ignore[union-attr]
    return norm


def _measure(network: nn.Module, norms: list[nn.BatchNorm2d], images: Iterable[Tensor]) -> None:
    """Set mean and variance of every normalisation to those of its input; the network stays the same function."""
    sums: dict[nn.Module, Tensor] = {norm: torch.zeros(2, norm.num_features) for norm in norms}

    def watch(norm: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        sums[norm] += torch.stack([inputs[0].mean((0, 2, 3)), inputs[0].square().mean((0, 2, 3))])

    batches = 0
    with ExitStack() as hooks:
        for norm in norms:
            hooks.callback(norm.register_forward_pre_hook(watch).remove)
        for batch in images:
            network(batch.float())
            batches += 1
    for norm in norms:
        mean, square = sums[norm] / batches
        variance = (square - mean.square()).clamp(min=0)
        norm.bias.add_(norm.weight * mean)
        norm.weight.mul_((variance + norm.eps).sqrt())
        norm.running_mean.copy_(mean)  # type: ignore[union-attr]
        norm.running_var.copy_(variance)  # type: ignore[union-attr]
