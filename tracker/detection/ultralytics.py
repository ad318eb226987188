"""Any YOLO weights through the ultralytics package, which is AGPL-3.0: imported here alone, and only when asked for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from crosscam.base.devices import choose_device
from crosscam.base.errors import WeightsError
from crosscam.base.extras import require
from tracker.detection.options import NetworkOptions
from tracker.structures import Detections, Frame


class UltralyticsOptions(NetworkOptions):
    """Any YOLO weights that the ultralytics package (AGPL-3.0) can load."""

    endings: ClassVar[tuple[str, ...]] = (".pt", ".engine", ".torchscript")
    prefixes: ClassVar[tuple[str, ...]] = ("yolo", "rtdetr")
    name: Literal["ultralytics"] = "ultralytics"
    weights: str = Field(description="path, or a name such as yolo11n.pt that the package downloads on first use")
    input_size: int = Field(
        default=640, ge=128, le=2048, multiple_of=32, description="long side of the input, in pixels"
    )
    person_class: int = Field(default=0, ge=0, description="index of the class person; 0 in COCO")


class UltralyticsDetector:
    """Detects people with a YOLO model, one call over all cameras."""

    def __init__(self, options: UltralyticsOptions, cameras: Sequence[str] = ()) -> None:
        ultralytics = require("ultralytics", "yolo", f"detector {options.weights!r}")
        self._options = options
        self.device = choose_device(options.device)
        try:
            self._model = ultralytics.YOLO(options.weights)
        except Exception as error:
            known = "a file that ultralytics can load" if Path(options.weights).exists() else "a file or a known name"
            reason = next(iter(str(error).splitlines()), type(error).__name__)
            raise WeightsError(
                f"cannot load detector weights {options.weights!r}: {reason} "
                f"(expected {known}; a name is downloaded on first use, which needs the internet)"
            ) from error

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        """People in each frame, in order."""
        if not frames:
            return []
        options = self._options
        results = self._model.predict(
            [frame.image for frame in frames],
            classes=[options.person_class],
            conf=options.min_score,
            iou=options.max_iou,
            imgsz=options.input_size,
            device=self.device,
            verbose=False,
        )
        return [_to_detections(result) for result in results]


def _to_detections(result: object) -> Detections:
    boxes = result.boxes  # type: ignore[attr-defined]
    if boxes is None or len(boxes) == 0:
        return Detections.empty()
    return Detections(boxes.xyxy.cpu().numpy().astype(np.float32), boxes.conf.cpu().numpy().astype(np.float32))
