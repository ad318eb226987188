"""Weights into networks: what fits, what does not, and what serves training alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from crosscam.base.errors import CheckpointError

if TYPE_CHECKING:
    from torch import Tensor, nn


def load_state(network: nn.Module, state: Mapping[str, Tensor], what: str) -> None:
    """Copy weights of any float type into a network; classifiers that the network lacks are left out.

    Raises:
        CheckpointError: Names or shapes differ; the message names the first few.
    """
    wanted = network.state_dict()
    found = {k: v for k, v in state.items() if k in wanted or not is_classifier(k)}
    missing, extra = sorted(wanted.keys() - found.keys()), sorted(found.keys() - wanted.keys())
    shapes = [
        f"{k} is {tuple(found[k].shape)}, expected {tuple(v.shape)}"
        for k, v in wanted.items()
        if k in found and found[k].shape != v.shape
    ]
    if missing or extra or shapes:
        parts = [f"missing {', '.join(missing[:3])}"] * bool(missing) + [f"unknown {', '.join(extra[:3])}"] * bool(
            extra
        )
        raise CheckpointError(f"weights do not fit {what}: {'; '.join(parts + shapes[:2])}")
    network.load_state_dict({k: v.to(wanted[k].dtype) for k, v in found.items()})


def load_trained(network: nn.Module, state: Mapping[str, Tensor], what: str) -> None:
    """Copy weights into a network that is to be trained on: its classifiers stay new.

    Raises:
        CheckpointError: Names or shapes differ; the message names the first few.
    """
    own = {key: value for key, value in network.state_dict().items() if is_classifier(key)}
    load_state(network, {**{key: value for key, value in state.items() if not is_classifier(key)}, **own}, what)


def is_classifier(key: str) -> bool:
    """Whether an entry of a state dict serves training alone."""
    return key.startswith(("classifier", "head.classifier"))
