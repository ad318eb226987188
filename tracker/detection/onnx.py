"""YOLOX, YOLOv8 / 11 and SSD networks from .onnx and OpenVINO .xml files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from crosscam.base.errors import ConfigError, WeightsError
from tracker.detection.batching import BatchedNetwork
from tracker.detection.engine import Engine, OnnxRuntimeEngine, OpenVinoEngine
from tracker.detection.layouts import Decoder, decode_end_to_end, decode_yolov8, find_decoder
from tracker.detection.letterbox import GREY, input_shape
from tracker.detection.options import NetworkOptions
from tracker.structures import Detections, Frame

OPEN_INPUT_SIZE = 640
"""Long side of the input of networks that take any size, in pixels, unless the options say otherwise."""


class OnnxOptions(NetworkOptions):
    """YOLOX, YOLOv8 / 11 and SSD networks as .onnx or OpenVINO .xml files."""

    endings: ClassVar[tuple[str, ...]] = (".onnx", ".xml")
    name: Literal["onnx"] = "onnx"
    weights: str = Field(description="path of an .onnx or .xml file")
    input_size: int | None = Field(
        default=None,
        ge=128,
        le=2048,
        multiple_of=32,
        description="long side of the input in pixels; by default the network's own",
    )
    person_class: int = Field(default=0, ge=0, description="index of the class person; 0 in COCO")
    runtime: Literal["openvino", "onnxruntime"] = Field(default="openvino", description="what runs the network")


class OnnxDetector:
    """Detects people in batches over cameras; frames of one shape share a call.

    Networks whose graph allows it (YOLOX) run on a rectangle that fits the frame, so that no time goes into grey bars.
    """

    device = "cpu"

    def __init__(self, options: OnnxOptions, cameras: Sequence[str] = ()) -> None:
        if options.device.startswith("cuda"):
            raise ConfigError(f"detector.device {options.device!r}: .onnx and .xml networks run on the CPU")
        path = Path(options.weights)
        if not path.is_file():
            raise WeightsError(f"detector weights {path} not found; expected an .onnx or .xml file")
        self._options = options
        self._engine, decoder, self._is_open = _load(path, options)
        person, min_score, max_iou = options.person_class, options.min_score, options.max_iou
        self._network = BatchedNetwork(self._engine, decoder, self._shape_for, person, min_score, max_iou)

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        """People in each frame, in order."""
        return self._network.detect(frames)

    def _shape_for(self, frame: Frame) -> tuple[int, int]:
        fixed = self._engine.fixed_shape
        if fixed is not None and not self._is_open:
            return fixed
        long_side = self._options.input_size or (max(fixed) if fixed else OPEN_INPUT_SIZE)
        height, width = frame.image.shape[:2]
        return input_shape(height, width, long_side)


def _load(path: Path, options: OnnxOptions) -> tuple[Engine, Decoder, bool]:
    """The engine, the decoder that fits its output, and whether it runs on any input shape."""
    engine = _engine(path, options, is_rgb=False)
    shape = engine.fixed_shape or (OPEN_INPUT_SIZE, OPEN_INPUT_SIZE)
    output = _try_out(engine, shape)
    decoder = None if output is None else find_decoder(output, shape)
    if decoder is None:
        raise WeightsError(
            f"{path}: output of shape {output} is no known layout; expected YOLOX (cells, 5 + classes), "
            "YOLOv8 / 11 (4 + classes, cells), end-to-end (N, 6) or SSD (1, N, 7)"
        )
    if decoder in (decode_yolov8, decode_end_to_end):
        engine = _engine(path, options, is_rgb=True)
    return engine, decoder, engine.fixed_shape is None or _fits_other_shapes(engine, decoder, shape)


def _engine(path: Path, options: OnnxOptions, is_rgb: bool) -> Engine:
    scale = 255.0 if is_rgb else 1.0
    if options.runtime == "onnxruntime":
        return OnnxRuntimeEngine(path, is_rgb, scale)
    return OpenVinoEngine(path, is_rgb, scale)


def _fits_other_shapes(engine: Engine, decoder: Decoder, shape: tuple[int, int]) -> bool:
    """Whether the graph has no size written into it: its output must grow and shrink with the input."""
    other = (shape[0], max(shape[1] - 64, 64))
    output = _try_out(engine, other)
    return output is not None and find_decoder(output, other) is decoder is not decode_end_to_end


def _try_out(engine: Engine, shape: tuple[int, int]) -> tuple[int, ...] | None:
    """Shape of one image's output for a grey image; None where the graph refuses the size."""
    try:
        return tuple(engine.infer(np.full((1, *shape, 3), GREY, np.uint8)).shape[1:])
    except Exception:  # the runtimes raise their own types for a graph that does not fit
        return None
