"""Two gloo processes give the losses and the gradients of one device."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch

PROGRAM = """
import sys, torch
from torch import nn
from reid.losses import BatchHardTripletLoss, LabelSmoothedCrossEntropy
from reid.training import distributed

distributed.start("cpu")
torch.manual_seed(0)
network = nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 4))
head = nn.Linear(4, 3)
images, labels = torch.randn(12, 6), torch.arange(3).repeat_interleave(4)
order = torch.randperm(12)
images, labels = images[order], labels[order]
whole = nn.ModuleDict({"network": network, "head": head})

class Both(nn.Module):
    def __init__(self):
        super().__init__()
        self.parts = whole
    def forward(self, x):
        features = self.parts["network"](x)
        return features, self.parts["head"](features)

model = Both()
if distributed.world_size() > 1:
    model = nn.parallel.DistributedDataParallel(model)
features, logits = model(distributed.share(images))
everyone = distributed.gather(distributed.share(labels))
loss = BatchHardTripletLoss(0.3)(distributed.gather(features), everyone)
identity = LabelSmoothedCrossEntropy()(logits, distributed.share(labels))
(loss + identity).backward()
mean_identity = distributed.average(float(identity.detach()))
if distributed.rank() == 0:
    torch.save({"loss": loss.detach(), "identity": torch.tensor(mean_identity), "labels": everyone,
                "gradients": [p.grad for p in whole.parameters()]}, sys.argv[1])
distributed.stop()
"""


def launch(folder: Path, repo_root: Path, processes: int) -> dict:
    """Run the program as torchrun would, in that many processes, and read what rank 0 wrote."""
    program, result = folder / "program.py", folder / f"{processes}.pt"
    program.write_text(PROGRAM, encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    common = {
        "PYTHONPATH": str(repo_root),
        "OMP_NUM_THREADS": "1",
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
    }
    started = []
    for rank in range(processes):
        place = {"RANK": str(rank), "WORLD_SIZE": str(processes), "LOCAL_RANK": str(rank)}
        environment = {**os.environ, **common, **place}
        started.append(subprocess.Popen([sys.executable, str(program), str(result)], env=environment))
    assert [process.wait(timeout=250) for process in started] == [0] * processes
    return torch.load(result, weights_only=True)


@pytest.mark.slow
def test_two_processes_equal_one(tmp_path: Path, repo_root: Path) -> None:
    one, two = launch(tmp_path, repo_root, 1), launch(tmp_path, repo_root, 2)
    assert torch.equal(one["labels"], two["labels"])
    torch.testing.assert_close(one["loss"], two["loss"])
    torch.testing.assert_close(one["identity"], two["identity"])
    for expected, found in zip(one["gradients"], two["gradients"], strict=True):
        torch.testing.assert_close(expected, found)
