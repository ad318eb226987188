"""Our presets as step functions `step(frame_number, detections (N, 6), embeddings (N, D)) -> (boxes (M, 4), ids (M,))`.

Comparison scripts that run several trackers on the same arrays name a factory here, for example
`benchmarks.peers:appearance_step`. Association only: no image is given, so the camera's motion is not compensated, as
for the other trackers.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from crosscam.base.settings import read_settings
from tracker.running.configuration import PRESET_FOLDER
from tracker.single_camera.engine.tracker import build_tracker
from tracker.single_camera.options import TrackerOptions
from tracker.structures import Detections, Frame

FPS = 30.0
"""Frames per second taken for the clock, as the step functions get frame numbers only."""

IMAGE = np.zeros((1080, 1920, 3), np.uint8)

Step = Callable[[int, np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]


def preset_options(name: str) -> TrackerOptions:
    """The tracker section of a preset."""
    content = read_settings(PRESET_FOLDER / f"{name}.yaml")
    return TrackerOptions.model_validate({**content.get("tracker", {}), "camera_motion": "off"})


def make_step(options: TrackerOptions, with_appearance: bool, fps: float = FPS) -> Step:
    """A step function with a fresh tracker."""
    tracker = build_tracker(options, "camera")

    def step(number: int, detections: np.ndarray, embeddings: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        found = Detections(detections[:, :4], detections[:, 4], embeddings if with_appearance else None)
        tracks = tracker.update(Frame("camera", number, number / fps, IMAGE), found)
        return tracks.boxes, tracks.track_ids

    return step


def byte_step() -> Step:
    """Preset `bytetrack`, motion only."""
    return make_step(preset_options("bytetrack"), with_appearance=False)


def appearance_step() -> Step:
    """Preset `default`, with the given embeddings."""
    return make_step(preset_options("default"), with_appearance=True)


def default_motion_step() -> Step:
    """Preset `default` without embeddings."""
    return make_step(preset_options("default"), with_appearance=False)
