"""A detector run over sequences with ground truth: its boxes beside the true ones, and its time."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from crosscam.base.errors import InputError
from tracker.evaluation.detection import DetectionScores, ImageBoxes, evaluate_detections
from tracker.evaluation.detection_truth import no_truth, read_frame_truth
from tracker.interfaces import Detector
from tracker.video.reader import open_video

VIDEO_SUFFIXES = (".mp4", ".webm", ".avi", ".mkv")
WARM_UP = 3
"""Frames of each sequence that are not timed: the network is compiled for its size."""


@dataclass(frozen=True, eq=False)
class SequenceRun:
    """One sequence: boxes of all its frames, and the median milliseconds of `detect` for one frame."""

    images: list[ImageBoxes]
    milliseconds: float

    def scores(self) -> DetectionScores:
        """All figures of the sequence."""
        return evaluate_detections(self.images)


def run_detector(detector: Detector, sequence: Path, every: int = 1, min_height_px: float = 0.0) -> SequenceRun:
    """Detect in each n-th frame of a MOTChallenge sequence (gt/gt.txt beside img1/ or one video), one frame per call.

    The truth's people below `min_height_px` count neither as found nor as missed.

    Raises:
        InputError: No ground truth or no video in the folder.
    """
    truth = read_frame_truth(sequence / "gt" / "gt.txt", min_height_px=min_height_px)
    images, times = [], []
    with open_video(str(sequence_video(sequence))) as video:
        for frame in video:
            if frame.index % every:
                continue
            started = time.perf_counter()
            found = detector.detect([frame])[0]
            times.append(1000 * (time.perf_counter() - started))
            true = truth.get(frame.index + 1, no_truth())
            images.append(ImageBoxes(found.boxes, found.scores, true.people, true.ignored))
    return SequenceRun(images, float(np.median(times[WARM_UP:] or times or [float("nan")])))


def sequence_video(sequence: Path) -> Path:
    """The images or the video of a sequence folder."""
    if (sequence / "img1").is_dir():
        return sequence / "img1"
    videos = sorted(f for f in sequence.glob("*") if f.suffix.lower() in VIDEO_SUFFIXES)
    if not videos:
        raise InputError(f"{sequence}: neither img1/ nor a video found")
    return videos[0]
