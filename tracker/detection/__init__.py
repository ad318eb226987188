"""Finding people: one file per detector, all behind `Detector.detect(frames) -> list[Detections]`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from crosscam.base.errors import ConfigError
from tracker.detection.options import BuiltinOptions, MotFileOptions, OnnxOptions, UltralyticsOptions
from tracker.interfaces import Detector


def _builtin(options: BuiltinOptions, cameras: Sequence[str]) -> Detector:
    from tracker.detection.builtin import BuiltinDetector

    return BuiltinDetector(options)


def _onnx(options: OnnxOptions, cameras: Sequence[str]) -> Detector:
    from tracker.detection.onnx import OnnxDetector

    return OnnxDetector(options)


def _ultralytics(options: UltralyticsOptions, cameras: Sequence[str]) -> Detector:
    from tracker.detection.ultralytics import UltralyticsDetector

    return UltralyticsDetector(options)


def _mot_file(options: MotFileOptions, cameras: Sequence[str]) -> Detector:
    from tracker.detection.mot_file import MotFileDetector

    return MotFileDetector(options, cameras)


DETECTORS: dict[str, Callable[[Any, Sequence[str]], Detector]] = {
    "builtin": _builtin,
    "onnx": _onnx,
    "ultralytics": _ultralytics,
    "mot_file": _mot_file,
}


def build_detector(
    options: BuiltinOptions | OnnxOptions | UltralyticsOptions | MotFileOptions, cameras: Sequence[str]
) -> Detector:
    """Load the detector that the options name, for cameras of these names in the order of the videos."""
    detector = DETECTORS[options.name](options, cameras)
    if isinstance(options, MotFileOptions) or options.slice_size is None:
        return detector
    from tracker.detection.slicing import SlicedDetector

    return SlicedDetector(detector, options.slice_size, options.max_iou)


def detector_section(name_or_weights: str) -> dict[str, Any]:
    """The `detector` section for a command line's `--detector NAME_OR_WEIGHTS`.

    Raises:
        ConfigError: Neither a detector's name nor weights that one of them loads.
    """
    suffix = Path(name_or_weights).suffix.lower()
    if name_or_weights == "builtin":
        return {"name": "builtin"}
    if suffix in (".onnx", ".xml"):
        return {"name": "onnx", "weights": name_or_weights}
    if suffix in (".pt", ".engine", ".torchscript") or name_or_weights.lower().startswith(("yolo", "rtdetr")):
        return {"name": "ultralytics", "weights": name_or_weights if suffix else f"{name_or_weights}.pt"}
    raise ConfigError(
        f"unknown detector {name_or_weights!r}; available: builtin, a YOLOX or YOLOv8/11 .onnx file, "
        "an OpenVINO .xml file, or .pt weights or a YOLO name for ultralytics"
    )
