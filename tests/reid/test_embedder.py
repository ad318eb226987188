"""Embedders: every runtime gives the same vectors, odd inputs work, wrong ones are one line."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest

from crosscam.base.errors import CheckpointError, InputError, WeightsError
from reid.checkpoint import Checkpoint, part_layout, save_checkpoint
from reid.embedder import load_embedder
from reid.inference.runtimes import require_vectors
from reid.models import build_model

OPTIONS = {"trunk_options": {"stem": 4, "widths": [4, 8], "depths": [1, 1], "strides": [2, 2]}, "parts": 2, "width": 4}


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Conversions are cached in the test's own folder."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    import torch

    torch.manual_seed(0)
    network = build_model("pyramid", OPTIONS)
    file = tmp_path / "small.pth"
    size = int(network.dimension)  # type: ignore[arg-type]
    save_checkpoint(
        Checkpoint("pyramid", OPTIONS, network.state_dict(), (64, 32), size, parts=part_layout(network)), file
    )
    return file


def crops(count: int) -> list[np.ndarray]:
    random = np.random.default_rng(0)
    sizes = [(64, 32), (300, 120), (1, 1), (20, 90), (129, 64)]
    return [random.integers(0, 256, (*sizes[i % 5], 3), dtype=np.uint8) for i in range(count)]


def test_runtimes_agree(weights: Path) -> None:
    images = crops(21)
    on_torch = load_embedder(weights, device="cpu", runtime="torch")
    on_openvino = load_embedder(weights, device="cpu")
    expected, found = on_torch.embed(images), on_openvino.embed(images)
    assert found.dtype == np.float32
    assert found.shape == (21, 12)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1.0, atol=1e-5)
    assert (expected * found).sum(1).min() > 0.99  # OpenVINO computes in bfloat16 where the CPU has it
    assert on_torch.name == on_openvino.name
    assert on_torch.parts == {"parts": 2, "windows": [[0, 1], [1, 2], [0, 2]], "width": 4, "shares": [1 / 3] * 3}


def test_batch_does_not_change_a_crop(weights: Path) -> None:
    embedder = load_embedder(weights, device="cpu", runtime="torch")
    images = crops(5)
    together = embedder.embed(images)
    alone = np.concatenate([embedder.embed([image]) for image in images])
    np.testing.assert_allclose(together, alone, atol=1e-5)


@pytest.mark.parametrize("runtime", ["torch", "openvino"])
def test_no_crops(weights: Path, runtime: str) -> None:
    assert load_embedder(weights, device="cpu", runtime=runtime).embed([]).shape == (0, 12)


def test_conversion_is_cached_and_a_damaged_cache_made_anew(weights: Path, own_cache: Path) -> None:
    first = load_embedder(weights, device="cpu").embed(crops(3))
    (graph,) = (own_cache / "crosscam").glob("*.xml")
    np.testing.assert_allclose(load_embedder(weights, device="cpu").embed(crops(3)), first, atol=1e-2)
    graph.write_text("no graph", encoding="utf-8")
    np.testing.assert_allclose(load_embedder(weights, device="cpu").embed(crops(3)), first, atol=1e-2)


def test_cache_that_cannot_be_written_is_no_error(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert load_embedder(weights, device="cpu").embed(crops(1)).shape == (1, 12)


@pytest.mark.parametrize(
    "crop",
    [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3), np.float32), np.zeros((0, 4, 3), np.uint8)],
)
def test_wrong_crops_are_named(weights: Path, crop: np.ndarray) -> None:
    embedder = load_embedder(weights, device="cpu", runtime="torch")
    with pytest.raises(ValueError, match="crop 1 must be uint8"):
        embedder.embed([np.zeros((4, 4, 3), np.uint8), crop])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"runtime": "tensorrt"}, "unknown runtime 'tensorrt'"),
        ({"device": "tpu"}, "unknown device 'tpu'"),
        ({"device": "cuda:99"}, "device 'cuda:99' not found"),
        ({"device": "cuda", "runtime": "openvino"}, "needs a .pth file and the torch runtime"),
        ({"runtime": "onnx"}, "needs an .onnx file"),
    ],
)
def test_wrong_options_are_one_line(weights: Path, options: dict[str, str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        load_embedder(weights, **options)


def test_wrong_files_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="not found"):
        load_embedder(tmp_path / "none.pth")
    for name in ("model.txt", "model.onnx", "model.xml", "model.pth"):
        (tmp_path / name).write_text("nothing", encoding="utf-8")
        with pytest.raises(WeightsError, match=name):
            load_embedder(tmp_path / name)


def test_a_folder_as_weights(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="are a folder, expected a file"):
        load_embedder(tmp_path)


def test_foreign_files_leave_nothing_on_standard_error(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for name in ("model.onnx", "model.xml"):
        (tmp_path / name).write_text('{"no": "graph"}', encoding="utf-8")
        with pytest.raises(WeightsError, match="not a usable"):
            load_embedder(tmp_path / name)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("sides", [(-1, 12), (-1, 12, 1, 1), (1, 1, 12)])
def test_graphs_of_vectors_are_taken(sides: tuple[int, ...], tmp_path: Path) -> None:
    embedder = load_embedder(graph(tmp_path / "model.xml", sides), device="cpu")
    assert embedder.embed(crops(3)).shape == (3, 12)


@pytest.mark.parametrize("sides", [(1, 1, 4, 3), (-1, 4, 3), (-1, 3, 2, 2)])
def test_a_detector_is_no_embedder(sides: tuple[int, ...], tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="expected one vector per image"):
        load_embedder(graph(tmp_path / "model.xml", sides), device="cpu")


def test_shapes_of_vectors() -> None:
    for shape in ([], ["batch", 512], ["batch", "dimension"], [1, 512, 1, 1]):
        require_vectors(shape, Path("model.onnx"))
    for wrong in ([1, 3549, 85], ["batch", 84, "boxes"], [8, 1]):
        with pytest.raises(CheckpointError, match="one vector per image"):
            require_vectors(wrong, Path("model.onnx"))


def graph(path: Path, sides: tuple[int, ...]) -> Path:
    """An OpenVINO file that reshapes images (N or 1, 3, 2, 2) to an output of these sides."""
    import openvino
    from openvino import opset13 as ops

    images = ops.parameter([sides[0], 3, 2, 2], np.float32)
    wanted = ops.constant(np.array([0, *sides[1:]]))  # 0: as the input has it
    result = ops.reshape(images, wanted, special_zero=True)
    openvino.save_model(openvino.Model([result], [images]), path, compress_to_fp16=False)
    return path


def test_default_is_the_shipped_model() -> None:
    embedder = load_embedder(device="cpu")
    found = embedder.embed(crops(3))
    assert found.shape == (3, embedder.dimension)
    assert embedder.dimension <= 768


@pytest.mark.shared_data
def test_other_peoples_graphs(shared: Path) -> None:
    """An ONNX export of torchreid on both runtimes, and an Open Model Zoo network, tell two people apart."""
    pytest.importorskip("onnxruntime")
    folders = sorted((shared / "data" / "mars_tracklets").iterdir())
    import cv2

    one, other = (folders[0], folders[-1])
    images = [cv2.imread(str(folder / name)) for folder in (one, other) for name in ("00.jpg", "04.jpg")]
    names = ["osnet_x0_25_msmt17.onnx", "person-reidentification-retail-0277.xml", "osnet_x0_25_msmt17.pth"]
    for name in names:
        with warnings.catch_warnings():
            found = load_embedder(shared / "weights" / name, device="cpu").embed(images)
        cosines = found @ found.T
        assert min(cosines[0, 1], cosines[2, 3]) > max(cosines[0, 2], cosines[1, 3])
    file = shared / "weights" / names[0]
    by_openvino = load_embedder(file, device="cpu").embed(images)
    by_onnx = load_embedder(file, device="cpu", runtime="onnx").embed(images)
    assert (by_openvino * by_onnx).sum(1).min() > 0.99
