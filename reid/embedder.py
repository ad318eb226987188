"""Person crops -> unit embeddings: the object that a tracker's `Embedder` protocol describes, and how to get one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from crosscam.base.devices import choose_device
from crosscam.base.errors import CheckpointError, InputError
from crosscam.base.images import check_crops, resize_into
from crosscam.base.runtime.torch_files import fingerprint, require_weights
from crosscam.base.vectors import unit_rows
from reid.checkpoint import load_checkpoint
from reid.distance_scale import DistanceScale
from reid.inference.input_spec import InputSpec
from reid.inference.openvino import OpenVinoRuntime, converted, read_openvino
from reid.inference.runtimes import OnnxRuntime, Runtime, TorchRuntime, checkpoint_spec

SHIPPED = Path(__file__).parent / "weights" / "pyramid_compact.pth"
RUNTIMES = ("auto", "torch", "openvino", "onnx")
SUFFIXES = (".pth", ".pt", ".onnx", ".xml")


class Embedder(Protocol):
    """What `load_embedder` returns.

    Attributes:
        dimension: Length D of an embedding.
        name: Of the model, with the fingerprint of its weights: embeddings are comparable only under one name. Exports
            checked against their checkpoint have its name; int8 has its own.
        parts: Layout of the embedding (see `reid.checkpoint.Checkpoint.parts`), {} without parts.
        distances: How far apart embeddings of one person and of two lie; None where it was not measured.
        device: What it runs on: "cpu", "cuda" or "cuda:N".
    """

    dimension: int
    name: str
    device: str
    parts: dict[str, Any]
    distances: DistanceScale | None

    def embed(self, crops: Sequence[np.ndarray]) -> np.ndarray:
        """Turn N BGR uint8 crops of any size into unit vectors, float32 (N, D)."""


class CropEmbedder:
    """A network as an embedder; one instance per thread, since the batch buffer is reused.

    Args:
        runtime: The loaded network.
        name: Fingerprint of model and weights.
    """

    def __init__(self, runtime: Runtime, name: str) -> None:
        self.name = name
        self.device = runtime.device
        self.spec: InputSpec = runtime.spec
        self.parts = self.spec.parts
        self.distances = DistanceScale(*self.spec.distances) if self.spec.distances else None
        self._runtime = runtime
        self._buffer = np.empty((0, *self.spec.size, 3), np.uint8)
        self.dimension = self.spec.dimension or self._probe()

    def _probe(self) -> int:
        return self._runtime.run(np.zeros((1, *self.spec.size, 3), np.uint8)).shape[1]

    def embed(self, crops: Sequence[np.ndarray]) -> np.ndarray:
        """Turn N BGR uint8 crops of any size into unit vectors, float32 (N, D); N = 0 works.

        Raises:
            ValueError: A crop is empty or no BGR uint8 image.
        """
        if not len(crops):
            return np.zeros((0, self.dimension), np.float32)
        check_crops(crops)
        if len(self._buffer) < len(crops):
            self._buffer = np.empty((2 * len(crops), *self.spec.size, 3), np.uint8)
        batch = self._buffer[: len(crops)]
        resize_into(crops, batch)
        return unit_rows(self._runtime.run(batch))


def load_embedder(weights: str | Path | None = None, device: str = "auto", runtime: str = "auto") -> Embedder:
    """Load an embedder.

    Args:
        weights: A checkpoint (.pth, .pt), an exported graph (.onnx, .xml), the word "descriptor" for the hand-made
            one, or None for the shipped weights (where they are absent, the hand-made descriptor).
        device: "auto" (a GPU where there is one), "cpu", "cuda" or "cuda:N".
        runtime: "auto" (torch on a GPU, OpenVINO on the CPU), "torch", "openvino" or "onnx".

    Raises:
        CheckpointError: The file is missing, damaged, of another kind, or contains pickled code.
        InputError: The device or the runtime is unknown, absent, or does not fit the file.
    """
    if runtime not in RUNTIMES:
        raise InputError(f"unknown runtime '{runtime}'; available: {', '.join(RUNTIMES)}")
    if weights is None:
        weights = SHIPPED if SHIPPED.is_file() else "descriptor"
    if str(weights) == "descriptor":
        from reid.inference.descriptor import HandMadeDescriptor

        return HandMadeDescriptor()
    path = Path(weights)
    require_weights(path)
    if path.suffix not in SUFFIXES:
        raise CheckpointError(f"weights '{path}' end in '{path.suffix}', expected one of {', '.join(SUFFIXES)}")
    digest = fingerprint(path)
    loaded = load_runtime(path, digest, _device_for(path, device, runtime), runtime)
    return CropEmbedder(loaded, f"{loaded.spec.model or path.stem}-{loaded.spec.fingerprint or digest}")


def _device_for(path: Path, device: str, runtime: str) -> str:
    """The device to use; only checkpoints on torch can use a GPU."""
    can_use_cuda = path.suffix in (".pth", ".pt") and runtime in ("auto", "torch")
    if device.startswith("cuda") and not can_use_cuda:
        raise InputError(
            f"device '{device}' needs a .pth file and the torch runtime, got '{path.name}' and '{runtime}'"
        )
    return choose_device(device, can_use_cuda)


def load_runtime(path: Path, digest: str, device: str, runtime: str) -> Runtime:
    """Load a file on the runtime that is asked for, or the fastest one for the device.

    Raises:
        InputError: The runtime cannot read this kind of file.
    """
    is_checkpoint = path.suffix in (".pth", ".pt")
    if runtime == "auto":
        runtime = "torch" if device != "cpu" else "openvino"
    if runtime == "onnx":
        if path.suffix != ".onnx":
            raise InputError(f"runtime 'onnx' needs an .onnx file, got '{path.name}'; tools/export_reid.py makes one")
        return OnnxRuntime(path)
    if runtime == "torch":
        if not is_checkpoint:
            raise InputError(f"runtime 'torch' needs a .pth file, got '{path.name}'; use openvino or onnx")
        checkpoint = load_checkpoint(path)
        return TorchRuntime(checkpoint.build(), checkpoint_spec(checkpoint), device)
    if is_checkpoint:
        model, spec = converted(path, digest, lambda: load_checkpoint(path))
    else:
        model, spec = read_openvino(path)
    return OpenVinoRuntime(model, spec)
