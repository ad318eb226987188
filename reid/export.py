"""Checkpoint -> ONNX and OpenVINO, each compared with PyTorch before it is trusted; int8 as an option.

Exported graphs take float images (N, 3, H, W), normalised, of any batch size, and carry their `InputSpec` as metadata.
With it they carry the checkpoint's fingerprint, so that embeddings stay comparable; int8, which differs, does not.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscam.base.errors import InputError
from reid.checkpoint import Checkpoint
from reid.inference.input_spec import METADATA_KEY, InputSpec
from reid.inference.openvino import convert_to_openvino, openvino_core, save_openvino
from reid.inference.runtimes import checkpoint_spec

if TYPE_CHECKING:
    from torch import nn

MAX_DIFFERENCE = 1e-3
ONNX_OPSET = 17


@dataclass(frozen=True)
class ParityReport:
    """How an exported graph compares with PyTorch.

    Attributes:
        largest_difference: Of any number of an embedding, on random images.
        smallest_cosine: Between the two embeddings of one image.
        between_inputs: Largest difference between the graph's outputs for two different images: 0 is the known
            failure of exports that return a constant.
    """

    largest_difference: float
    smallest_cosine: float
    between_inputs: float


def random_images(spec: InputSpec, count: int, seed: int = 0) -> np.ndarray:
    """Normalised random images, float32 (count, 3, H, W): noise at several scales, so that they differ in more than
    their noise."""
    import cv2

    random = np.random.default_rng(seed)
    coarse = random.integers(0, 256, (count, 8, 4, 3), dtype=np.uint8)
    height, width = spec.size
    images = np.stack([cv2.resize(image, (width, height), interpolation=cv2.INTER_CUBIC) for image in coarse])
    return spec.normalise(images)


def compare(network: nn.Module, run: Callable[[np.ndarray], np.ndarray], spec: InputSpec) -> ParityReport:
    """Run both on batches of 1 and 5 images."""
    import torch

    differences, cosines, outputs = [], [], []
    for count in (1, 5):
        images = random_images(spec, count, seed=count)
        with torch.inference_mode():
            expected = network(torch.from_numpy(images)).numpy()
        found = run(images)
        differences.append(np.abs(expected - found).max())
        lengths = np.linalg.norm(expected, axis=1) * np.linalg.norm(found, axis=1)
        cosines.append(((expected * found).sum(1) / np.maximum(lengths, 1e-12)).min())
        outputs.append(found)
    between = np.abs(outputs[1][0] - outputs[1][1]).max()
    return ParityReport(float(max(differences)), float(min(cosines)), float(between))


def require_parity(report: ParityReport, what: str) -> ParityReport:
    """The report itself.

    Raises:
        InputError: The difference is too large, or two images gave one output.
    """
    if not report.largest_difference < MAX_DIFFERENCE:
        raise InputError(f"{what} differs from PyTorch by {report.largest_difference:.2g}, allowed {MAX_DIFFERENCE:g}")
    if report.between_inputs < 10 * MAX_DIFFERENCE:
        raise InputError(f"{what} gives the same output for two different images")
    return report


def export_onnx(checkpoint: Checkpoint, path: Path) -> ParityReport:
    """Write an ONNX file (opset 17, dynamic batch) and compare it through ONNX Runtime.

    Raises:
        InputError: A package is missing, or the exported graph is wrong; then no file is left.
    """
    try:
        import onnx
        import onnxruntime
    except ImportError as error:
        raise InputError("exporting to ONNX needs: pip install onnx onnxruntime onnxscript") from error
    import torch

    network, spec = checkpoint.build(), checkpoint_spec(checkpoint)
    example = torch.zeros(2, 3, *spec.size)
    partial = path.with_name(path.name + ".part")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracing exporter warns of its own deprecation and of shape checks
        torch.onnx.export(
            network,
            (example,),
            str(partial),
            input_names=["images"],
            output_names=["embeddings"],
            dynamic_axes={"images": {0: "batch"}, "embeddings": {0: "batch"}},
            opset_version=ONNX_OPSET,
            dynamo=False,
        )
    try:
        graph = onnx.load(str(partial))
        onnx.helper.set_model_props(graph, {METADATA_KEY: spec.to_json()})
        onnx.checker.check_model(graph)
        onnx.save(graph, str(partial))
        session = onnxruntime.InferenceSession(str(partial), providers=["CPUExecutionProvider"])
        report = compare(network, lambda images: session.run(None, {"images": images})[0], spec)
        require_parity(report, "the ONNX graph")
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
    return report


def export_openvino(checkpoint: Checkpoint, path: Path) -> ParityReport:
    """Write .xml and .bin (weights in float16) and compare the graph, computed in float32, with PyTorch.

    Raises:
        InputError: The converted graph is wrong; then no file is written.
    """
    network, spec = checkpoint.build(), checkpoint_spec(checkpoint)
    model = convert_to_openvino(network, spec)
    report = require_parity(compare(network, exact(model), spec), "the OpenVINO graph")
    save_openvino(model, path)
    return report


def exact(model: Any) -> Callable[[np.ndarray], np.ndarray]:
    """Run an OpenVINO model in float32 whatever the CPU prefers."""
    compiled = openvino_core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return lambda images: compiled(images)[0]


def quantise(checkpoint: Checkpoint, images: Sequence[np.ndarray], path: Path) -> ParityReport:
    """Write an int8 OpenVINO model, calibrated on real crops. Its report is a measure of the loss, not a check.

    Args:
        checkpoint: The model.
        images: BGR uint8 crops of any size, some hundreds.
        path: The .xml file.

    Raises:
        InputError: NNCF is missing or there are no images.
    """
    if not len(images):
        raise InputError("int8 needs crops to calibrate on")
    try:
        import nncf
    except ImportError as error:
        raise InputError("int8 needs NNCF: pip install nncf") from error
    from crosscam.base.images import resize_into

    network, spec = checkpoint.build(), replace(checkpoint_spec(checkpoint), fingerprint="")
    batch = np.empty((len(images), *spec.size, 3), np.uint8)
    resize_into(images, batch)
    model = convert_to_openvino(network, spec)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        calibration = nncf.Dataset([spec.normalise(batch[i : i + 1]) for i in range(len(batch))])
        model = nncf.quantize(model, calibration, subset_size=len(batch))
    model.set_rt_info(spec.to_json(), METADATA_KEY)
    save_openvino(model, path)
    return compare(network, exact(model), spec)
