"""The detector that ships, and its file: exported, read back, the same on OpenVINO and torch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from crosscam.base.errors import ConfigError, WeightsError
from tracker.detection import builtin
from tracker.detection.builtin import WEIGHTS, BuiltinDetector, BuiltinOptions
from tracker.detection.engine import OpenVinoEngine
from tracker.detection.network import NetworkOptions, PersonNetwork, YoloxLayout
from tracker.detection.onnx import OnnxDetector, OnnxOptions
from tracker.detection.torch_engine import TorchEngine
from tracker.detector_training.export import export_network
from tracker.structures import Frame

OPTIONS = BuiltinOptions(device="cpu")
SMALL = NetworkOptions(widths=(8, 8, 16, 16), depths=(1, 1, 1, 1), neck=8, head=8)


def frame(height: int, width: int, camera: str = "a") -> Frame:
    """Noise: nobody in it, but candidates of every kind."""
    image = np.random.default_rng(height * width).integers(0, 256, (height, width, 3)).astype(np.uint8)
    return Frame(camera, 0, 0.0, image)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[PersonNetwork, Path]:
    """A small network and its file."""
    torch.manual_seed(0)
    network = PersonNetwork(SMALL).train()
    network(torch.rand(4, 3, 64, 64) * 255)
    path = tmp_path_factory.mktemp("export") / "small.onnx"
    export_network(network.eval(), path, {"note": "test"})
    return network, path


def test_weights_are_part_of_the_package_and_small() -> None:
    assert WEIGHTS.stat().st_size <= 4_000_000


def test_cameras_of_different_sizes_are_detected_together_as_alone() -> None:
    frames = [frame(120, 160, "a"), frame(90, 160, "b"), frame(120, 160, "c")]
    detector = BuiltinDetector(BuiltinOptions(device="cpu", input_size=160, min_score=0.01))
    together = detector.detect(frames)
    assert len(together) == 3
    for one, found in zip(frames, together, strict=True):
        alone = detector.detect([one])[0]
        assert abs(len(alone) - len(found)) <= max(1, 0.1 * len(found))  # batches round differently


@pytest.mark.parametrize(
    ("frame_size", "input_size", "expected"),
    [
        ((240, 320), 512, (320, 416)),  # enlarged to the size of the training images
        ((360, 640), 512, (288, 512)),
        ((360, 448), 512, (384, 448)),
        ((240, 320), 320, (256, 320)),  # as was asked for
    ],
)
def test_frames_are_scaled_to_what_the_network_knows(
    monkeypatch: pytest.MonkeyPatch, frame_size: tuple[int, int], input_size: int, expected: tuple[int, int]
) -> None:
    seen: list[tuple[int, ...]] = []

    class Recorder:
        device = "cpu"

        def infer(self, batch: np.ndarray) -> np.ndarray:
            seen.append(batch.shape[1:3])
            return np.zeros((len(batch), sum(batch.shape[1] * batch.shape[2] // s**2 for s in (8, 16, 32)), 6))

    monkeypatch.setattr(builtin, "_engine", lambda device: Recorder())
    BuiltinDetector(BuiltinOptions(device="cpu", input_size=input_size)).detect([frame(*frame_size)])
    assert seen == [expected]


def test_boxes_lie_in_the_frame_best_first() -> None:
    found = BuiltinDetector(BuiltinOptions(device="cpu", input_size=160, min_score=0.001)).detect([frame(100, 200)])[0]
    assert (np.diff(found.scores) <= 0).all()
    assert (found.boxes[:, :2] >= 0).all()
    assert (found.boxes[:, 2] <= 200).all()
    assert (found.boxes[:, 3] <= 100).all()


def test_no_frames_no_detections() -> None:
    assert BuiltinDetector(OPTIONS).detect([]) == []


def test_missing_weights_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(builtin, "WEIGHTS", tmp_path / "gone.onnx")
    with pytest.raises(WeightsError, match=r"gone\.onnx"):
        BuiltinDetector(OPTIONS)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_an_absent_gpu_is_an_error_only_when_asked_for() -> None:
    with pytest.raises(ConfigError, match="cuda"):
        BuiltinDetector(BuiltinOptions(device="cuda"))
    BuiltinDetector(BuiltinOptions(device="auto"))


def test_export_keeps_the_output_within_half_precision(exported: tuple[PersonNetwork, Path]) -> None:
    network, path = exported
    batch = np.random.default_rng(0).integers(0, 256, (2, 64, 96, 3)).astype(np.uint8)
    with torch.no_grad():
        expected = YoloxLayout(network)(torch.from_numpy(batch).permute(0, 3, 1, 2).float()).numpy()
    found = OpenVinoEngine(path, float32=True).infer(batch)
    np.testing.assert_allclose(found, expected, rtol=5e-3, atol=5e-3)


def test_torch_reads_the_same_file(exported: tuple[PersonNetwork, Path]) -> None:
    _, path = exported
    batch = np.random.default_rng(1).integers(0, 256, (1, 96, 64, 3)).astype(np.uint8)
    expected = OpenVinoEngine(path, float32=True).infer(batch)
    np.testing.assert_allclose(TorchEngine(path, "cpu").infer(batch), expected, rtol=1e-3, atol=1e-3)


def test_own_weights_work_as_any_yolox_file(exported: tuple[PersonNetwork, Path]) -> None:
    _, path = exported
    detector = OnnxDetector(OnnxOptions(weights=str(path), input_size=128, min_score=0.0))
    assert len(detector.detect([frame(64, 128)])[0]) > 0


def test_other_files_are_refused_by_torch(tmp_path: Path, exported: tuple[PersonNetwork, Path]) -> None:
    import onnx

    model = onnx.load(str(exported[1]))
    del model.metadata_props[:]
    onnx.save(model, str(tmp_path / "bare.onnx"))
    with pytest.raises(WeightsError, match="no architecture"):
        TorchEngine(tmp_path / "bare.onnx", "cpu")


@pytest.mark.shared_data
def test_finds_the_walkers_of_a_held_out_sequence(shared: Path) -> None:
    from tracker.evaluation.detector import run_detector

    run = run_detector(BuiltinDetector(OPTIONS), shared / "data" / "mot" / "TUD-Campus", every=10)
    assert run.scores().ap50 > 0.6
