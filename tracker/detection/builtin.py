"""The person detector that ships with the project: trained by tools/train_detector.py, see weights/README.md."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import Field

from crosscam.base.devices import choose_device
from crosscam.base.errors import WeightsError
from tracker.detection.batching import BatchedNetwork
from tracker.detection.engine import Engine, OpenVinoEngine
from tracker.detection.layouts import decode_yolox
from tracker.detection.letterbox import input_shape
from tracker.detection.options import NetworkOptions
from tracker.structures import Detections, Frame

WEIGHTS = Path(__file__).parent / "weights" / "person_detector.onnx"
TRAINED_SIZE = 416
"""Held-out images shrunk to 320 pixels: AP50 58.0 at 320, 65.8 at 416, 64.9 at 512 pixels of input."""


class BuiltinOptions(NetworkOptions):
    """The detector that ships with the project."""

    name: Literal["builtin"] = "builtin"
    input_size: int = Field(
        default=512,
        ge=128,
        le=2048,
        multiple_of=32,
        description="long side of the input, in pixels; smaller frames are enlarged to no more than 416",
    )


class BuiltinDetector:
    """Detects people in batches over cameras, on rectangles that fit the frames: OpenVINO on the CPU, torch on CUDA."""

    def __init__(self, options: BuiltinOptions, cameras: Sequence[str] = ()) -> None:
        if not WEIGHTS.is_file():
            raise WeightsError(f"{WEIGHTS} is missing: the installation is not whole")
        self._options = options
        engine = _engine(options.device)
        self.device = engine.device
        self._network = BatchedNetwork(engine, decode_yolox, self._shape_for, 0, options.min_score, options.max_iou)

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        """People in each frame, in order."""
        return self._network.detect(frames)

    def _shape_for(self, frame: Frame) -> tuple[int, int]:
        """Small frames are enlarged to the size of the training images, not to all of `input_size`."""
        height, width = frame.image.shape[:2]
        return input_shape(height, width, min(self._options.input_size, max(height, width, TRAINED_SIZE)))


def _engine(device: str) -> Engine:
    chosen = choose_device(device)
    if chosen == "cpu":
        return OpenVinoEngine(WEIGHTS)
    from tracker.detection.torch_engine import TorchEngine

    return TorchEngine(WEIGHTS, chosen)
