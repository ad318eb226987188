"""Exports equal PyTorch, carry their input's description, and wrong graphs are not let through."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from crosscam.base.errors import InputError
from reid.checkpoint import Checkpoint, load_checkpoint, part_layout, save_checkpoint
from reid.embedder import load_embedder
from reid.export import ParityReport, compare, export_onnx, export_openvino, quantise, require_parity
from reid.inference.runtimes import checkpoint_spec
from reid.models import build_model

OPTIONS = {"trunk_options": {"stem": 4, "widths": [8, 16], "depths": [1, 1], "strides": [2, 2]}, "parts": 2, "width": 8}


@pytest.fixture
def checkpoint() -> Checkpoint:
    import torch

    torch.manual_seed(0)
    network = build_model("pyramid", OPTIONS)
    size = int(network.dimension)  # type: ignore[arg-type]
    return Checkpoint("pyramid", OPTIONS, network.state_dict(), (64, 32), size, parts=part_layout(network))


def crops(count: int) -> list[np.ndarray]:
    random = np.random.default_rng(0)
    return [random.integers(0, 256, (80, 40, 3), dtype=np.uint8) for _ in range(count)]


def test_onnx_and_openvino_agree_with_the_checkpoint(checkpoint: Checkpoint, tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    pytest.importorskip("onnx")
    for report in (export_onnx(checkpoint, tmp_path / "m.onnx"), export_openvino(checkpoint, tmp_path / "m.xml")):
        assert report.largest_difference < 1e-3
        assert report.between_inputs > 1e-2
    save_checkpoint(checkpoint, tmp_path / "m.pth", half=False)
    expected = load_embedder(tmp_path / "m.pth", "cpu", "torch").embed(crops(5))
    for name, runtime in (("m.onnx", "onnx"), ("m.onnx", "openvino"), ("m.xml", "openvino")):
        embedder = load_embedder(tmp_path / name, "cpu", runtime)
        assert embedder.parts == checkpoint.parts
        assert (embedder.embed(crops(5)) * expected).sum(1).min() > 0.99
        assert embedder.name.startswith("pyramid-")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m.bin", "m.onnx", "m.pth", "m.xml"]


def test_float_exports_of_a_file_have_its_name(checkpoint: Checkpoint, tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    pytest.importorskip("onnx")
    save_checkpoint(checkpoint, tmp_path / "m.pth", half=False)
    saved = load_checkpoint(tmp_path / "m.pth")
    export_onnx(saved, tmp_path / "m.onnx")
    export_openvino(saved, tmp_path / "m.xml")
    names = {load_embedder(tmp_path / name, "cpu").name for name in ("m.pth", "m.onnx", "m.xml")}
    names.add(load_embedder(tmp_path / "m.onnx", "cpu", "onnx").name)
    assert names == {f"pyramid-{saved.fingerprint}"}


def test_parity_catches_wrong_and_constant_graphs(checkpoint: Checkpoint) -> None:
    network, spec = checkpoint.build(), checkpoint_spec(checkpoint)
    constant = compare(network, lambda images: np.full((len(images), 24), 24**-0.5, np.float32), spec)
    assert constant.between_inputs == 0.0
    with pytest.raises(InputError, match="differs from PyTorch"):
        require_parity(constant, "the graph")
    with pytest.raises(InputError, match="same output for two different images"):
        require_parity(ParityReport(0.0, 1.0, 0.0), "the graph")
    with pytest.raises(InputError, match="differs from PyTorch by nan"):
        require_parity(ParityReport(float("nan"), 1.0, 1.0), "the graph")


@pytest.mark.slow
def test_int8_reports_its_loss(checkpoint: Checkpoint, tmp_path: Path) -> None:
    pytest.importorskip("nncf")
    with pytest.raises(InputError, match="needs crops"):
        quantise(checkpoint, [], tmp_path / "q.xml")
    report = quantise(replace(checkpoint, fingerprint="0" * 16), crops(8), tmp_path / "q.xml")
    assert report.smallest_cosine > 0.8
    assert load_embedder(tmp_path / "q.xml", "cpu").name != f"pyramid-{'0' * 16}"
    assert load_embedder(tmp_path / "q.xml", "cpu").embed(crops(2)).shape == (2, 24)


def test_tool(checkpoint: Checkpoint, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("onnxruntime")
    import export_reid

    save_checkpoint(checkpoint, tmp_path / "m.pth")
    arguments = [
        "--weights",
        str(tmp_path / "m.pth"),
        "--output",
        str(tmp_path / "out"),
        "--json",
        str(tmp_path / "r.json"),
    ]
    assert export_reid.main([*arguments, "--format", "openvino"]) == 0
    assert json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))["openvino"]["largest_difference"] < 1e-3
    assert export_reid.main(["--weights", str(tmp_path / "none.pth"), "--output", str(tmp_path)]) == 2
    assert export_reid.main([*arguments, "--format", "int8"]) == 2
    assert "needs --calibration" in capsys.readouterr().err
