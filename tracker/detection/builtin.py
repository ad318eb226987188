"""The person detector that ships with the project: trained by tools/train_detector.py, see weights/README.md."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Sequence
from pathlib import Path

from crosscam.base.errors import ConfigError, WeightsError
from tracker.detection.batching import BatchedNetwork
from tracker.detection.engine import Engine, OpenVinoEngine
from tracker.detection.layouts import decode_yolox
from tracker.detection.letterbox import input_shape
from tracker.detection.options import BuiltinOptions
from tracker.structures import Detections, Frame

WEIGHTS = Path(__file__).parent / "weights" / "person_detector.onnx"
TRAINED_SIZE = 416
"""Held-out images shrunk to 320 pixels: AP50 58.0 at 320, 65.8 at 416, 64.9 at 512 pixels of input."""


class BuiltinDetector:
    """Detects people in batches over cameras, on rectangles that fit the frames: OpenVINO on the CPU, torch on CUDA."""

    def __init__(self, options: BuiltinOptions) -> None:
        if not WEIGHTS.is_file():
            raise WeightsError(f"{WEIGHTS} is missing: the installation is not whole")
        self._options = options
        engine = _engine(options.device)
        self._network = BatchedNetwork(engine, decode_yolox, self._shape_for, 0, options.min_score, options.max_iou)

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        """People in each frame, in order."""
        return self._network.detect(frames)

    def _shape_for(self, frame: Frame) -> tuple[int, int]:
        """Small frames are enlarged to the size of the training images, not to all of `input_size`."""
        height, width = frame.image.shape[:2]
        return input_shape(height, width, min(self._options.input_size, max(height, width, TRAINED_SIZE)))


def _engine(device: str) -> Engine:
    if device == "cpu" or (device == "auto" and not _has_cuda()):
        return OpenVinoEngine(WEIGHTS)
    from tracker.detection.torch_engine import TorchEngine

    try:
        return TorchEngine(WEIGHTS, "cuda" if device == "auto" else device)
    except (RuntimeError, AssertionError) as error:
        raise ConfigError(f"detector.device {device!r} cannot be used: {str(error).splitlines()[0]}") from error


def _has_cuda() -> bool:
    """Whether a GPU can be used; without a driver torch, which takes seconds to load, is not asked."""
    try:
        ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return False
    import torch

    return torch.cuda.is_available()
