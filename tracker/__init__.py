"""Multi-camera person tracking: one identity per person in all cameras and after every absence.

    from tracker import RunRequest, load_config, track_videos

    result = track_videos(RunRequest(videos=["cam1.mp4", "cam2.mp4"], output="output"), load_config())

The names below are the public surface; they are loaded when first used, so that importing the package is quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crosscam.base.errors import InputError as InputError
    from tracker.running.configuration import load_config as load_config
    from tracker.running.live import track_live as track_live
    from tracker.running.options import PipelineConfig as PipelineConfig
    from tracker.running.recorded import track_videos as track_videos
    from tracker.running.request import RunRequest as RunRequest
    from tracker.structures import CameraInfo as CameraInfo
    from tracker.structures import Detections as Detections
    from tracker.structures import Frame as Frame
    from tracker.structures import FrameTracks as FrameTracks
    from tracker.structures import Identity as Identity
    from tracker.structures import TrackingResult as TrackingResult
    from tracker.structures import Tracklet as Tracklet

_HOMES = {
    "CameraInfo": "tracker.structures",
    "Detections": "tracker.structures",
    "Frame": "tracker.structures",
    "FrameTracks": "tracker.structures",
    "Identity": "tracker.structures",
    "InputError": "crosscam.base.errors",
    "PipelineConfig": "tracker.running.options",
    "RunRequest": "tracker.running.request",
    "TrackingResult": "tracker.structures",
    "Tracklet": "tracker.structures",
    "load_config": "tracker.running.configuration",
    "track_live": "tracker.running.live",
    "track_videos": "tracker.running.recorded",
}
__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'tracker' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
