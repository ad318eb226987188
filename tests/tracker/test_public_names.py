"""The public surface of the package: changing it is a decision, not an accident."""

from __future__ import annotations

import tracker

NAMES = {
    "CameraInfo",
    "Detections",
    "Frame",
    "FrameTracks",
    "Identity",
    "InputError",
    "PipelineConfig",
    "RunRequest",
    "TrackingResult",
    "Tracklet",
    "load_config",
    "track_live",
    "track_videos",
}


def test_the_public_names_are_these() -> None:
    assert set(tracker.__all__) == NAMES == set(dir(tracker))


def test_every_public_name_resolves_to_itself() -> None:
    for name in NAMES:
        assert getattr(tracker, name).__name__ == name
