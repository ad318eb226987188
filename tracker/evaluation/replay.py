"""Track saved detections again, in seconds: for tuning, benchmarks and tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from crosscam.base.boxes import xyxy_to_ltwh
from tracker.detection.mot_file import detections_by_frame, read_detections
from tracker.formats.seqinfo import SequenceInfo, read_sequence_info
from tracker.single_camera.engine.tracker import build_tracker
from tracker.single_camera.options import TrackerOptions
from tracker.single_camera.refinement import RefinementOptions, refine
from tracker.single_camera.tracklets.collector import TrackletCollector
from tracker.structures import Detections, Frame, Tracklet


@dataclass(frozen=True, eq=False)
class SavedSequence:
    """Detections of one video, frame by frame.

    Attributes:
        name: Of the sequence.
        detections: One value per frame.
        info: Frame rate and image size.
    """

    name: str
    detections: Sequence[Detections]
    info: SequenceInfo


def load_sequence(name: str, file: Path, info: Path | None = None, last_frame: int = 0) -> SavedSequence:
    """Read a file of detections (`MotFileDetector`'s formats).

    Args:
        name: Of the sequence.
        file: MOT text, or `.npy` with embeddings.
        info: A `seqinfo.ini` with frame rate and image size; it may be absent.
        last_frame: The sequence has at least this many frames.

    Raises:
        InputError: A file is missing or malformed.
    """
    rows = read_detections(file)
    found = detections_by_frame(rows)
    count = max(int(rows.frames.max(initial=-1)) + 1, last_frame)
    detections = [found.get(index, Detections.empty()) for index in range(count)]
    return SavedSequence(name, detections, SequenceInfo() if info is None else read_sequence_info(info))


def replay(
    sequence: SavedSequence, options: TrackerOptions, refinement: RefinementOptions | None = None
) -> list[Tracklet]:
    """Tracklets of a sequence, refined if options for that are given.

    There are no images, so the camera's motion is not compensated. Without refinement a track begins where it is
    confirmed, as whoever watches live sees it.
    """
    tracker = build_tracker(options.model_copy(update={"camera_motion": "off"}), sequence.name)
    collector = TrackletCollector(sequence.name)
    image = np.zeros((sequence.info.height, sequence.info.width, 3), np.uint8)
    for index, found in enumerate(sequence.detections):
        frame = Frame(sequence.name, index, index / sequence.info.fps, image)
        tracks = tracker.update(frame, found)
        collector.add(frame, tracks if refinement is not None else replace(tracks, beginnings=None))
    tracklets = collector.tracklets()
    return tracklets if refinement is None else refine(tracklets, refinement)


def mot_rows(tracklets: Sequence[Tracklet]) -> NDArray[np.float64]:
    """MOT rows (N, 7): frame from 1, track, left, top, width, height, score."""
    parts = [
        np.column_stack([t.frame_indices + 1, np.full(len(t), t.track_id), xyxy_to_ltwh(t.boxes), t.scores])
        for t in tracklets
    ]
    return np.concatenate(parts).astype(np.float64) if parts else np.zeros((0, 7))
