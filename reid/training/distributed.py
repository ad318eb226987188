"""Several processes as one: features gathered from all of them, scalars averaged, one process that writes.

Pair losses on one process's share of a batch see fewer negatives, which is another loss. So features and labels are
gathered first and every process computes the loss of the whole batch.
"""

from __future__ import annotations

import os
from typing import Any

import torch
from torch import Tensor, distributed


class _Gather(torch.autograd.Function):
    """All processes' rows in rank order. The gradient of the own rows is summed over the processes' equal losses.

    `DistributedDataParallel` then averages over the processes, so that the result is the one of a single device.
    """

    @staticmethod
    def forward(context: Any, rows: Tensor) -> Tensor:
        parts = [torch.empty_like(rows) for _ in range(distributed.get_world_size())]
        distributed.all_gather(parts, rows.contiguous())
        return torch.cat(parts)

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> Tensor:
        total = gradients[0].contiguous().clone()
        distributed.all_reduce(total)
        size = len(total) // distributed.get_world_size()
        return total[distributed.get_rank() * size : (distributed.get_rank() + 1) * size]


def start(device: str) -> None:
    """Join the process group where torchrun started several processes."""
    if int(os.environ.get("WORLD_SIZE", "1")) > 1 and not distributed.is_initialized():
        distributed.init_process_group("nccl" if device.startswith("cuda") else "gloo")


def stop() -> None:
    """Leave the process group."""
    if distributed.is_initialized():
        distributed.destroy_process_group()


def world_size() -> int:
    return distributed.get_world_size() if distributed.is_initialized() else 1


def rank() -> int:
    return distributed.get_rank() if distributed.is_initialized() else 0


def own_device(device: str) -> torch.device:
    """The device of this process: under torchrun each takes another GPU, unless one is named by its number."""
    if device == "cuda" and world_size() > 1:
        device = f"cuda:{rank() % torch.cuda.device_count()}"
    return torch.device(device)


def gather(rows: Tensor) -> Tensor:
    """Rows of all processes, (N, ...) -> (processes * N, ...), differentiable."""
    return rows if world_size() == 1 else _Gather.apply(rows)


def average(value: float) -> float:
    """Mean of a number over the processes, the same on all of them."""
    if world_size() == 1:
        return value
    total = torch.tensor(value, dtype=torch.float64)
    if distributed.get_backend() == "nccl":
        total = total.cuda()
    distributed.all_reduce(total)
    return float(total) / world_size()


def share(rows: Any) -> Any:
    """This process's equal part of a batch's rows."""
    size = len(rows) // world_size()
    return rows[rank() * size : (rank() + 1) * size]
