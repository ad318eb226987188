"""Running a detection network on the CPU: uint8 BGR images in, raw outputs out."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from crosscam.base.errors import WeightsError
from crosscam.base.runtime.onnx_runtime import onnx_session
from crosscam.base.runtime.openvino import openvino_core, read_model, takes_pictures


class Engine(Protocol):
    """A loaded network.

    Attributes:
        fixed_shape: (H, W) where the network takes no other input, else None.
        device: What it runs on: "cpu", "cuda" or "cuda:N".
    """

    device: str
    fixed_shape: tuple[int, int] | None

    def infer(self, batch: NDArray[np.uint8]) -> NDArray:
        """Run BGR images uint8 (N, H, W, 3); returns the first output, one row per image, (N, ...)."""


class OpenVinoEngine:
    """OpenVINO, which chooses the precision that the processor is fastest in (bfloat16 where it has it).

    A network is compiled for each (batch, height, width) it meets: fixed shapes run faster than open ones.

    Args:
        path: .onnx or .xml file.
        rgb: The network takes RGB; BGR else.
        scale: Input values are divided by this: 255 for networks that take 0 to 1.
        float32: Keep float32 instead of OpenVINO's choice.
    """

    device = "cpu"

    def __init__(self, path: Path, rgb: bool = False, scale: float = 1.0, float32: bool = False) -> None:
        import openvino as ov

        self._ov, self._path, self._rgb, self._scale = ov, path, rgb, scale
        self._config = {"INFERENCE_PRECISION_HINT": "f32"} if float32 else {}
        self._compiled: dict[tuple[int, ...], Any] = {}
        model = read_model(path)
        self._takes_batches = _open_batch_reshapes(ov, model)
        self._model = model
        self.fixed_shape = self._own_shape()

    def infer(self, batch: NDArray[np.uint8]) -> NDArray:
        if not self._takes_batches and len(batch) > 1:
            return np.concatenate([self.infer(image[None]) for image in batch])
        return next(iter(self._request(batch.shape)(batch).values()))

    def _request(self, shape: tuple[int, ...]) -> Any:
        if shape not in self._compiled:
            model = self._prepared(shape)
            self._compiled[shape] = openvino_core().compile_model(model, "CPU", self._config)
        return self._compiled[shape]

    def _prepared(self, shape: tuple[int, ...]) -> Any:
        """The network for one input shape, with layout, colours and scaling inside it."""
        model = self._model.clone()
        model.reshape([shape[0], 3, shape[1], shape[2]])
        return takes_pictures(model, self._rgb, scale=None if self._scale == 1.0 else self._scale)

    def _own_shape(self) -> tuple[int, int] | None:
        """The input size written into the file, None where it is open."""
        shape = self._model.input(0).partial_shape
        if shape.rank.is_dynamic or shape.rank.get_length() != 4:
            raise WeightsError(f"{self._path} takes input of shape {shape}, expected (N, 3, H, W)")
        height, width = shape[2], shape[3]
        if height.is_dynamic or width.is_dynamic:
            return None
        return height.get_length(), width.get_length()


class OnnxRuntimeEngine:
    """ONNX Runtime in float32, at the input size written into the file."""

    device = "cpu"

    def __init__(self, path: Path, rgb: bool = False, scale: float = 1.0) -> None:
        self._session = onnx_session(path)
        self._rgb, self._scale = rgb, scale
        entry = self._session.get_inputs()[0]
        self._input, shape = entry.name, entry.shape
        fixed = all(isinstance(length, int) for length in shape[2:])
        self.fixed_shape = (int(shape[2]), int(shape[3])) if fixed else None

    def infer(self, batch: NDArray[np.uint8]) -> NDArray:
        images = batch[..., ::-1] if self._rgb else batch
        planes = np.ascontiguousarray(images.transpose(0, 3, 1, 2), np.float32) / np.float32(self._scale)
        # One by one: exports often have batch 1 written into a reshape, and then scramble larger ones silently.
        return np.concatenate([self._session.run(None, {self._input: p[None]})[0] for p in planes])


def _open_batch_reshapes(ov: Any, model: Any) -> bool:
    """Let batches pass reshapes that have batch 1 written into them.

    (1, C, -1) becomes (0, C, -1), where 0 stands for "as it comes". Such exports otherwise return scrambled rows for
    larger batches, without an error.

    Returns:
        Whether the network can take batches; a network that detects by itself (SSD) mixes the images in one output.
    """
    for node in model.get_ops():
        if node.get_type_name() == "DetectionOutput":
            return False
        if node.get_type_name() != "Reshape":
            continue
        shape = node.input_value(1).get_node()
        if shape.get_type_name() != "Constant":
            continue
        target = [int(v) for v in np.atleast_1d(shape.data)]
        if len(target) >= 2 and target[0] == 1 and -1 in target:
            constant = ov.opset13.constant(np.array([0, *target[1:]], np.int64))
            node.input(1).replace_source_output(constant.output(0))
    return True
