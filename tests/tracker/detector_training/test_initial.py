"""Going on from a finished detector: what was folded for export is taken apart without changing the function."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from crosscam.base.errors import WeightsError
from tracker.detection.network import NetworkOptions, PersonNetwork, fuse
from tracker.detector_training.initial import initial_network, unfuse

SMALL = NetworkOptions(widths=(8, 16, 32, 32), depths=(1, 1, 1, 1), neck=16, head=16)


@pytest.fixture
def images() -> torch.Tensor:
    return torch.randint(0, 256, (4, 3, 96, 96), generator=torch.Generator().manual_seed(0)).float()


@pytest.fixture
def trained(images: torch.Tensor) -> PersonNetwork:
    """A network whose normalisations have seen images and have scales of their own."""
    torch.manual_seed(1)
    network = PersonNetwork(SMALL)
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.uniform_(module.bias, -0.5, 0.5)
    for _ in range(20):
        network(images)
    return network.eval()


@torch.no_grad()
def test_unfusing_keeps_the_function(trained: PersonNetwork, images: torch.Tensor) -> None:
    again = unfuse(fuse(trained), [images[:2], images[2:]])
    other = torch.rand(2, 3, 64, 128) * 255
    torch.testing.assert_close(again(other), trained(other), rtol=1e-3, atol=1e-3)
    assert fuse(again)(other).shape == (2, 8 * 16 + 4 * 8 + 2 * 4, 5)


@torch.no_grad()
def test_statistics_are_those_of_the_images(trained: PersonNetwork, images: torch.Tensor) -> None:
    """In training mode the same images give the same output, so that learning does not start with a jump."""
    again = unfuse(fuse(trained), [images])
    expected = again(images)
    torch.testing.assert_close(again.train()(images), expected, rtol=0.02, atol=0.02)


@torch.no_grad()
def test_starts_from_the_shipped_detector(images: torch.Tensor) -> None:
    network = initial_network("builtin", [images])
    assert sum(p.numel() for p in network.parameters()) > 1e6
    norms = [m for m in network.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    assert all(float(norm.running_var.min()) >= 0 for norm in norms)  # type: ignore[union-attr]


def test_foreign_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "other.onnx").write_bytes(b"nothing")
    with pytest.raises(WeightsError, match=r"other\.onnx.*export_detector"):
        initial_network(str(tmp_path / "other.onnx"), [])
