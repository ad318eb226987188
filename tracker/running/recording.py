"""Keeps what the tracking loop finds: the tracklets of each camera and the best crops of each track."""

from __future__ import annotations

from collections.abc import Iterable

from tracker.output.people.crops import BestCrops
from tracker.single_camera.appearance.crop_quality import box_quality
from tracker.single_camera.refinement import RefinementOptions, refine
from tracker.single_camera.tracklets.collector import TrackletCollector
from tracker.structures import FloatArray, Frame, FrameTracks, Tracklet


class Recording:
    """Takes every frame with its tracks; gives tracklets and crops at the end.

    Args:
        cameras: Camera names.
        crops_per_track: Best crops kept of each track.
    """

    def __init__(self, cameras: Iterable[str], crops_per_track: int = 8) -> None:
        self.collectors = {name: TrackletCollector(name) for name in cameras}
        self.crops = BestCrops(crops_per_track)

    def add(self, frame: Frame, tracks: FrameTracks) -> FloatArray:
        """Keep the confirmed tracks of one frame; the quality of their crops, float32 (M,)."""
        height, width = frame.image.shape[:2]
        qualities = box_quality(tracks.boxes, tracks.scores, width, height)
        if len(tracks):
            self.collectors[frame.camera_id].add(frame, tracks, qualities)
            self.crops.add(frame, tracks.track_ids, tracks.boxes, qualities)
        return qualities

    def tracklets(self, refinement: RefinementOptions) -> list[Tracklet]:
        """The refined tracklets of all cameras."""
        return refine([t for c in self.collectors.values() for t in c.tracklets()], refinement)
