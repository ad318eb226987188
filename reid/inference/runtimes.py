"""A network on torch (GPU or CPU) or ONNX Runtime: uint8 crops of one size in, vectors out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from crosscam.base.errors import CheckpointError
from crosscam.base.runtime.onnx_runtime import onnx_session
from reid.checkpoint import Checkpoint
from reid.inference.input_spec import METADATA_KEY, InputSpec

if TYPE_CHECKING:
    from torch import nn


class Runtime(Protocol):
    """A loaded network.

    Attributes:
        spec: Its input.
        device: What it runs on, as torch names it.
    """

    spec: InputSpec
    device: str

    def run(self, batch: np.ndarray) -> np.ndarray:
        """Embeddings, float32 (N, D), of uint8 BGR crops (N, height, width, 3), N >= 1."""


def checkpoint_spec(checkpoint: Checkpoint) -> InputSpec:
    """What the embedder must know of a checkpoint."""
    return InputSpec.from_unit_range(
        checkpoint.input_size,
        checkpoint.mean,
        checkpoint.std,
        dimension=checkpoint.dimension,
        parts=checkpoint.parts,
        distances=tuple(checkpoint.distances or ()),
        model=checkpoint.model,
        fingerprint=checkpoint.fingerprint,
    )


class TorchRuntime:
    """PyTorch, on a GPU in float16 or on the CPU in float32.

    Args:
        network: In evaluation mode.
        spec: Its input.
        device: torch's device name.
    """

    def __init__(self, network: nn.Module, spec: InputSpec, device: str = "cpu") -> None:
        import torch

        self.spec = spec
        self.device = device
        self._torch = torch
        self._device = torch.device(device)
        self._network = network.to(self._device).to(memory_format=torch.channels_last).eval()
        self._mean = torch.tensor(spec.mean, device=self._device).view(1, 3, 1, 1)
        self._scale = torch.tensor(spec.scale, device=self._device).view(1, 3, 1, 1)

    def run(self, batch: np.ndarray) -> np.ndarray:
        torch = self._torch
        with torch.inference_mode(), torch.autocast(self._device.type, torch.float16, self._device.type == "cuda"):
            images = torch.from_numpy(batch).to(self._device).permute(0, 3, 1, 2)
            images = images.flip(1) if self.spec.rgb else images
            return self._network((images.float() - self._mean) / self._scale).float().cpu().numpy()


class OnnxRuntime:
    """ONNX Runtime on the CPU, for .onnx files where it is asked for.

    Args:
        path: The graph, with one float input (N, 3, H, W).
    """

    device = "cpu"

    def __init__(self, path: Path) -> None:
        self._session = onnx_session(path)
        node = self._session.get_inputs()[0]
        self._input = node.name
        self._single = isinstance(node.shape[0], int)
        require_vectors(self._session.get_outputs()[0].shape, path)
        metadata = self._session.get_modelmeta().custom_metadata_map
        self.spec = onnx_spec(metadata.get(METADATA_KEY), node.shape, path)

    def run(self, batch: np.ndarray) -> np.ndarray:
        values = self.spec.normalise(batch)
        parts = [values[i : i + 1] for i in range(len(values))] if self._single else [values]
        found = [self._session.run(None, {self._input: part})[0] for part in parts]
        return np.concatenate(found).reshape(len(batch), -1).astype(np.float32)


def require_vectors(shape: Sequence[object], path: Path) -> None:
    """Refuse a graph whose output is not one vector per image, such as a detector: its numbers would be nonsense.

    Args:
        shape: Of the output; sides that are not fixed are anything but 1. Empty where it is not known.
        path: For the message.

    Raises:
        CheckpointError: More or less than one side, after the batch, is larger than 1.
    """
    if shape and sum(side != 1 for side in shape[1:]) != 1:
        raise CheckpointError(f"weights '{path}' give an output of shape {list(shape)}, expected one vector per image")


def onnx_spec(metadata: str | None, shape: Any, path: Path) -> InputSpec:
    """The input of an ONNX graph: its metadata where we exported it, else torchreid's convention (RGB, ImageNet).

    Raises:
        CheckpointError: The input is no batch of images of a fixed size.
    """
    if metadata:
        return InputSpec.from_json(metadata)
    if len(shape) != 4 or shape[1] != 3 or not all(isinstance(side, int) for side in shape[2:]):
        raise CheckpointError(f"weights '{path}' take an input of shape {list(shape)}, expected (N, 3, height, width)")
    return InputSpec((int(shape[2]), int(shape[3])), model=path.stem)
