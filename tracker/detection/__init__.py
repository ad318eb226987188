"""Finding people: one file per detector, all behind `Detector.detect(frames) -> list[Detections]`.

To add one: a file with its class and its options, a line in `DETECTORS`, a test, a line in the docs' table of parts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from operator import or_
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from pydantic import Field

from crosscam.base.errors import ConfigError
from tracker.detection.builtin import BuiltinDetector, BuiltinOptions
from tracker.detection.mot_file import MotFileDetector, MotFileOptions
from tracker.detection.onnx import OnnxDetector, OnnxOptions
from tracker.detection.options import NetworkOptions, PartOptions
from tracker.detection.slicing import SlicedDetector
from tracker.detection.ultralytics import UltralyticsDetector, UltralyticsOptions
from tracker.interfaces import Detector


class DetectorPart(NamedTuple):
    """A detector: how it is built from its options and the cameras' names, and what options it has."""

    build: Callable[[Any, Sequence[str]], Detector]
    options: type[PartOptions]


DETECTORS: dict[str, DetectorPart] = {
    "builtin": DetectorPart(BuiltinDetector, BuiltinOptions),
    "onnx": DetectorPart(OnnxDetector, OnnxOptions),
    "ultralytics": DetectorPart(UltralyticsDetector, UltralyticsOptions),
    "mot_file": DetectorPart(MotFileDetector, MotFileOptions),
}

if TYPE_CHECKING:
    DetectorOptions = PartOptions
else:
    DetectorOptions = Annotated[reduce(or_, (part.options for part in DETECTORS.values())), Field(discriminator="name")]
"""The `detector` section of a configuration, told apart by its `name`."""


def build_detector(options: PartOptions, cameras: Sequence[str]) -> Detector:
    """Load the detector that the options name, for cameras of these names in the order of the videos."""
    (part,) = (part for part in DETECTORS.values() if isinstance(options, part.options))
    detector = part.build(options, cameras)
    if isinstance(options, NetworkOptions) and options.slice_size is not None:
        return SlicedDetector(detector, options.slice_size, options.max_iou)
    return detector


def detector_section(name_or_weights: str) -> dict[str, Any]:
    """The `detector` section for a command line's `--detector NAME_OR_WEIGHTS`.

    Raises:
        ConfigError: Neither a detector's name nor weights that one of them loads.
    """
    if name_or_weights == "builtin":
        return {"name": "builtin"}
    ending = Path(name_or_weights).suffix.lower()
    for name, part in DETECTORS.items():
        if ending in part.options.endings:
            return {"name": name, "weights": name_or_weights}
        if name_or_weights.lower().startswith(part.options.prefixes or ("\0",)):
            return {"name": name, "weights": name_or_weights if ending else f"{name_or_weights}.pt"}
    endings = ", ".join(ending for part in DETECTORS.values() for ending in part.options.endings)
    raise ConfigError(
        f"unknown detector {name_or_weights!r}; available: builtin, a YOLO name for ultralytics, or weights: {endings}"
    )
