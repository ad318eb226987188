"""OSNet against the graphs of torchreid exports, and the loading of its state dicts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from reid.checkpoint import load_checkpoint
from reid.models.osnet import OSNet, OSNetTrunk, osnet_width


def transplant(network: OSNet, graph_file: Path) -> None:
    """Put the weights of an ONNX export, whose batch norms are folded into the convolutions, into our network.

    Both graphs run their convolutions in the same order, so the n-th of one is the n-th of the other.
    """
    onnx = pytest.importorskip("onnx")
    graph = onnx.load(str(graph_file)).graph
    values = {item.name: torch.from_numpy(onnx.numpy_helper.to_array(item).copy()) for item in graph.initializer}
    exported = [tuple(values[name] for name in node.input[1:]) for node in graph.node if node.op_type == "Conv"]
    ours = calls_in_order(network, exported)
    for (conv, norm), weights in zip(ours, exported, strict=True):
        conv.weight.data = weights[0]
        if norm is not None:
            norm.weight.data, norm.running_mean = torch.ones_like(norm.weight), torch.zeros_like(norm.running_mean)
            norm.running_var = torch.full_like(norm.running_var, 1 - norm.eps)
            norm.bias.data = weights[1]
        elif conv.bias is not None:
            conv.bias.data = weights[1]
    gemm = next(node for node in graph.node if node.op_type == "Gemm")
    network.fc[0].weight.data, network.fc[0].bias.data = values[gemm.input[1]], values[gemm.input[2]]
    last = next(node for node in graph.node if node.op_type == "BatchNormalization")
    names = ("weight", "bias", "running_mean", "running_var")
    network.fc[1].load_state_dict({k: values[v] for k, v in zip(names, last.input[1:], strict=True)}, strict=False)


def calls_in_order(network: OSNet, exported: list) -> list[tuple[nn.Conv2d, nn.BatchNorm2d | None]]:
    """Convolutions in order of their call (the shared gates once per stream), each with the batch norm that follows."""
    calls: list[tuple[nn.Conv2d, nn.BatchNorm2d | None]] = []

    def on_conv(module: nn.Module, *_: object) -> None:
        calls.append((module, None))  # type: ignore[arg-type]

    def on_norm(module: nn.Module, *_: object) -> None:
        calls[-1] = (calls[-1][0], module)  # type: ignore[assignment]

    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            module.register_forward_hook(on_conv)
        elif isinstance(module, nn.BatchNorm2d):
            module.register_forward_hook(on_norm)
    network(torch.zeros(1, 3, 64, 32))
    for module in network.modules():
        module._forward_hooks.clear()
    assert len(calls) == len(exported)
    return calls


@pytest.mark.shared_data
@pytest.mark.parametrize("name", ["osnet_x0_25_msmt17", "osnet_x0_25_market1501_128x64"])
def test_equals_the_exported_graph(shared: Path, name: str) -> None:
    runtime = pytest.importorskip("onnxruntime")
    file = shared / "weights" / f"{name}.onnx"
    session = runtime.InferenceSession(str(file))
    size = session.get_inputs()[0].shape[2:]
    images = torch.randn(2, 3, *size, generator=torch.Generator().manual_seed(0))
    expected = session.run(None, {session.get_inputs()[0].name: images.numpy()})[0]
    network = OSNet(0.25).eval()
    with torch.no_grad():
        transplant(network, file)
        found = network.features(images).numpy()
    assert np.abs(found - expected).max() < 1e-4 * max(1.0, np.abs(expected).max())


@pytest.mark.shared_data
@pytest.mark.parametrize("name", ["osnet_x0_25_msmt17", "osnet_x0_25_market1501"])
def test_torchreid_state_dicts_load_as_they_are(shared: Path, name: str) -> None:
    checkpoint = load_checkpoint(shared / "weights" / f"{name}.pth")
    assert (checkpoint.model, checkpoint.options, checkpoint.dimension) == ("osnet", {"width": 0.25}, 512)
    assert checkpoint.input_size == (256, 128)
    with torch.no_grad():
        embeddings = checkpoint.build()(torch.randn(2, 3, 256, 128))
    assert torch.allclose(embeddings.norm(dim=1), torch.ones(2), atol=1e-5)


@pytest.mark.parametrize(("width", "millions"), [(0.25, 0.2), (0.5, 0.6), (1.0, 2.2)])
def test_parameter_counts_are_those_of_the_paper(width: float, millions: float) -> None:
    network = OSNet(width)
    assert round(sum(p.numel() for p in network.parameters()) / 1e6, 1) == millions
    assert osnet_width(network.state_dict()) == width


def test_trunk_keeps_a_sixteenth_of_the_resolution() -> None:
    trunk = OSNetTrunk(0.25).eval()
    assert trunk(torch.zeros(1, 3, 128, 64)).shape == (1, trunk.channels, 8, 4)


def test_other_state_dicts_are_not_taken_for_osnet() -> None:
    assert osnet_width({"conv1.weight": torch.zeros(1)}) is None
