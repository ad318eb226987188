"""What the text file and the video show of one camera."""

from __future__ import annotations

import numpy as np

from tracker.formats.camera_tracks import camera_tracks
from tracker.structures import CameraInfo, Identity, TrackingResult, Tracklet


def tracklet(camera: str, track: int, frames: range, left: float, score: float) -> Tracklet:
    count = len(frames)
    boxes = np.tile(np.array([left, 0, left + 10, 30], np.float32), (count, 1))
    scores = np.full(count, score, np.float32)
    return Tracklet(camera, track, np.arange(frames.start, frames.stop), np.arange(count) / 10.0, boxes, scores)


def test_an_identity_is_once_in_a_frame_with_its_surer_box() -> None:
    first, second = tracklet("cam1", 1, range(5), 0.0, 0.5), tracklet("cam1", 2, range(3, 8), 50.0, 0.9)
    other = tracklet("cam1", 3, range(4, 6), 90.0, 0.7)
    elsewhere = tracklet("cam2", 1, range(9), 0.0, 0.9)
    cameras = (CameraInfo("cam1", "a", 10.0, 8, 100, 50), CameraInfo("cam2", "b", 10.0, 9, 100, 50))
    result = TrackingResult(cameras, (Identity(1, (first, second, elsewhere)), Identity(2, (other,))))
    tracks = camera_tracks(result, "cam1")
    ids, boxes, _ = tracks.at(4)
    assert ids.tolist() == [1, 2]
    assert boxes[:, 0].tolist() == [50.0, 90.0]
    assert len(tracks) == 8 + 2
    assert tracks.at(1)[1][:, 0].tolist() == [0.0]


def test_a_camera_without_anybody_is_empty() -> None:
    assert len(camera_tracks(TrackingResult((CameraInfo("cam1", "a", 10.0, 8, 100, 50),), ()), "cam1")) == 0
