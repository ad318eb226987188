"""From detections to tracks in one camera, and from tracks to refined tracklets."""

from __future__ import annotations

from tracker.single_camera.options import StageOptions, TrackerOptions
from tracker.single_camera.tracker import ArrayTracker, build_tracker

__all__ = ["ArrayTracker", "StageOptions", "TrackerOptions", "build_tracker"]
