"""Multi-camera person tracking: one identity per person in all cameras and after every absence.

    import crosscam

    request = crosscam.RunRequest(videos=["cam1.mp4", "cam2.mp4"], output="output")
    result = crosscam.track_videos(request, crosscam.load_config())

    embedder = crosscam.load_embedder()
    vectors = embedder.embed(crops)

The names below are the public surface of both halves, `tracker` and `reid`; they are loaded when first used, so that
importing the package is quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crosscam.base.errors import InputError as InputError
    from reid.checkpoint import Checkpoint as Checkpoint
    from reid.checkpoint import load_checkpoint as load_checkpoint
    from reid.embedder import Embedder as Embedder
    from reid.embedder import load_embedder as load_embedder
    from tracker.evaluation.mot_data import read_ground_truth as read_ground_truth
    from tracker.evaluation.mot_data import read_results as read_results
    from tracker.evaluation.tracking import evaluate as evaluate
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

__version__ = "0.2.0"

_HOMES = {
    "CameraInfo": "tracker.structures",
    "Checkpoint": "reid.checkpoint",
    "Detections": "tracker.structures",
    "Embedder": "reid.embedder",
    "Frame": "tracker.structures",
    "FrameTracks": "tracker.structures",
    "Identity": "tracker.structures",
    "InputError": "crosscam.base.errors",
    "PipelineConfig": "tracker.running.options",
    "RunRequest": "tracker.running.request",
    "TrackingResult": "tracker.structures",
    "Tracklet": "tracker.structures",
    "evaluate": "tracker.evaluation.tracking",
    "load_checkpoint": "reid.checkpoint",
    "load_config": "tracker.running.configuration",
    "load_embedder": "reid.embedder",
    "read_ground_truth": "tracker.evaluation.mot_data",
    "read_results": "tracker.evaluation.mot_data",
    "track_live": "tracker.running.live",
    "track_videos": "tracker.running.recorded",
}
__all__ = sorted([*_HOMES, "__version__"])


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'crosscam' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
