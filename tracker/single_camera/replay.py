"""Track saved detections again, in seconds: for tuning, benchmarks and tests."""

from __future__ import annotations

import configparser
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tracker.detection.mot_file import MOT_COLUMNS, read_detections
from tracker.errors import DetectionsError
from tracker.geometry import ltwh_to_xyxy, xyxy_to_ltwh
from tracker.single_camera.options import TrackerOptions
from tracker.single_camera.refinement import RefinementOptions, refine
from tracker.single_camera.tracker import build_tracker
from tracker.single_camera.tracklets import TrackletCollector
from tracker.structures import Detections, Frame, Tracklet

DEFAULT_FPS = 25.0
DEFAULT_SIZE = (1920, 1080)


@dataclass(frozen=True, eq=False)
class SavedSequence:
    """Detections of one video, frame by frame.

    Attributes:
        name: Of the sequence.
        detections: One value per frame.
        fps: Frames per second.
        size: Width and height of the frame, in pixels.
    """

    name: str
    detections: Sequence[Detections]
    fps: float = DEFAULT_FPS
    size: tuple[int, int] = DEFAULT_SIZE


def load_sequence(name: str, file: Path, info: Path | None = None, last_frame: int = 0) -> SavedSequence:
    """Read a file of detections (`MotFileDetector`'s formats).

    Args:
        name: Of the sequence.
        file: MOT text, or `.npy` with embeddings.
        info: A `seqinfo.ini` with frame rate and image size; without it 25 frames per second and 1920 x 1080.
        last_frame: The sequence has at least this many frames.

    Raises:
        DetectionsError: The file is missing or malformed.
    """
    rows = read_detections(file)
    count = max(int(rows[:, 0].max(initial=0)), last_frame)
    order = np.argsort(rows[:, 0], kind="stable")
    rows = rows[order]
    bounds = np.searchsorted(rows[:, 0], np.arange(1, count + 2))
    detections = [_detections(rows[bounds[i] : bounds[i + 1]]) for i in range(count)]
    fps, size = _read_info(info) if info is not None and info.is_file() else (DEFAULT_FPS, DEFAULT_SIZE)
    return SavedSequence(name, detections, fps, size)


def replay(
    sequence: SavedSequence, options: TrackerOptions, refinement: RefinementOptions | None = None
) -> list[Tracklet]:
    """Tracklets of a sequence, refined if options for that are given.

    There are no images, so the camera's motion is not compensated.
    """
    tracker = build_tracker(options.model_copy(update={"camera_motion": "off"}), sequence.name)
    collector = TrackletCollector(sequence.name)
    image = np.zeros((sequence.size[1], sequence.size[0], 3), np.uint8)
    for index, found in enumerate(sequence.detections):
        frame = Frame(sequence.name, index, index / sequence.fps, image)
        collector.add(frame, tracker.update(frame, found))
    tracklets = collector.tracklets()
    return tracklets if refinement is None else refine(tracklets, refinement)


def mot_rows(tracklets: Sequence[Tracklet]) -> NDArray[np.float64]:
    """MOT rows (N, 7): frame from 1, track, left, top, width, height, score."""
    parts = [
        np.column_stack([t.frame_indices + 1, np.full(len(t), t.track_id), xyxy_to_ltwh(t.boxes), t.scores])
        for t in tracklets
    ]
    return np.concatenate(parts).astype(np.float64) if parts else np.zeros((0, 7))


def _detections(rows: NDArray[np.float32]) -> Detections:
    embeddings = rows[:, MOT_COLUMNS:] if rows.shape[1] > MOT_COLUMNS else None
    return Detections(ltwh_to_xyxy(rows[:, 2:6]), rows[:, 6], embeddings)


def _read_info(info: Path) -> tuple[float, tuple[int, int]]:
    """Frame rate and (width, height) of a `seqinfo.ini`."""
    parser = configparser.ConfigParser()
    try:
        parser.read(info, encoding="utf-8")
        section = parser["Sequence"]
        fps = float(section["frameRate"])
        return fps, (int(section["imWidth"]), int(section["imHeight"]))
    except (configparser.Error, KeyError, ValueError) as error:
        raise DetectionsError(f"{info}: expected frameRate, imWidth and imHeight in [Sequence], {error}") from error
