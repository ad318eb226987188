"""The built-in detector beside others: average precision on held-out sequences, and milliseconds per frame.

    python benchmarks/detection/accuracy.py --sequences PETS09-S2L1 TUD-Campus --yolox yolox_nano.onnx \
        --retail person-detection-retail-0013.xml --json detection.json

One run for all models, in turns of a few frames, so that a busy machine slows all alike; all networks on OpenVINO with
the same letterboxing, decoding and suppression. `--apart` names sequences that are no test for the built-in detector.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.record import write_record
from crosscam.base.boxes import ltwh_to_xyxy
from tracker.detection import build_detector
from tracker.detection.builtin import BuiltinOptions
from tracker.detection.onnx import OnnxOptions
from tracker.detection.suppression import to_detections
from tracker.evaluation.detection import ImageBoxes, evaluate_detections
from tracker.evaluation.detection_truth import no_truth, read_frame_truth
from tracker.evaluation.detector import sequence_video
from tracker.interfaces import Detector
from tracker.structures import Detections, Frame
from tracker.video.reader import open_video

MIN_SCORE = 0.02
"""Average precision wants the weak boxes too."""
TURN = 12
"""Frames that one detector gets in a row."""
WARM_UP = 2
"""Frames of a turn that are not timed: the caches still hold the detector before."""
HOG_LONG_SIDE = 1024
"""Smaller frames are enlarged to this for HOG, whose people are at least 96 pixels high."""
HOG_SHRINK = (0.15, 0.05)
"""Margins of HOG's window on each side of a person, as shares of its width and height (OpenCV's sample program)."""


class HogDetector:
    """OpenCV's people detector (Dalal and Triggs, CVPR 2005)."""

    device = "cpu"

    def __init__(self) -> None:
        self._hog = cv2.HOGDescriptor()
        self._hog.setSVMDetector(np.array(cv2.HOGDescriptor.getDefaultPeopleDetector()))

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        """People in each frame; the SVM's margin is squeezed into a score."""
        return [self._detect(frame.image) for frame in frames]

    def _detect(self, image: np.ndarray) -> Detections:
        scale = max(HOG_LONG_SIDE / max(image.shape[:2]), 1.0)
        enlarged = cv2.resize(image, None, fx=scale, fy=scale)
        found, margins = self._hog.detectMultiScale(enlarged, hitThreshold=-0.5, winStride=(8, 8), groupThreshold=0)
        if len(found) == 0:
            return Detections.empty()
        boxes = np.asarray(found, np.float32)
        boxes[:, :2] += boxes[:, 2:] * np.array(HOG_SHRINK, np.float32)
        boxes[:, 2:] *= 1 - 2 * np.array(HOG_SHRINK, np.float32)
        scores = 1 / (1 + np.exp(-np.ravel(margins).astype(np.float32)))
        return to_detections(ltwh_to_xyxy(boxes), scores, scale, (image.shape[0], image.shape[1]), 0.4)


def main(argv: list[str] | None = None) -> int:
    """Run all models over all sequences."""
    arguments = _parser().parse_args(argv)
    detectors = _detectors(arguments)
    results: dict[str, dict[str, Any]] = {name: {} for name in detectors}
    for sequence in [*arguments.sequences, *arguments.apart]:
        for name, figures in run_sequence(detectors, sequence, arguments.every).items():
            results[name][sequence.name] = figures
            print(
                f"{sequence.name:16s} {name:28s} AP50 {100 * figures['ap50']:5.1f}  {figures['milliseconds']:6.1f} ms"
            )
    held_out = [sequence.name for sequence in arguments.sequences]
    for name, by_sequence in results.items():
        mean = {key: float(np.mean([by_sequence[s][key] for s in held_out])) for key in ("ap50", "milliseconds")}
        results[name]["mean of the held-out"] = mean
        print(f"{'mean':16s} {name:28s} AP50 {100 * mean['ap50']:5.1f}  {mean['milliseconds']:6.1f} ms")
    write_record(arguments.json, {"held_out": held_out, "every": arguments.every, "results": results})
    return 0


def run_sequence(detectors: dict[str, Detector], sequence: Path, every: int) -> dict[str, dict[str, Any]]:
    """Figures by detector for one sequence; milliseconds are the median over its timed frames."""
    truth = read_frame_truth(sequence / "gt" / "gt.txt")
    images: dict[str, list[ImageBoxes]] = {name: [] for name in detectors}
    times: dict[str, list[float]] = {name: [] for name in detectors}
    for turn in _turns(sequence, every):
        for name, detector in detectors.items():
            for number, frame in enumerate(turn):
                started = time.perf_counter()
                found = detector.detect([frame])[0]
                if number >= WARM_UP:
                    times[name].append(1000 * (time.perf_counter() - started))
                true = truth.get(frame.index + 1, no_truth())
                images[name].append(ImageBoxes(found.boxes, found.scores, true.people, true.ignored))
    return {
        name: {**asdict(evaluate_detections(images[name])), "milliseconds": float(np.median(times[name] or [np.nan]))}
        for name in detectors
    }


def _turns(sequence: Path, every: int) -> Iterator[list[Frame]]:
    """Each n-th frame of a sequence, a few at a time."""
    turn: list[Frame] = []
    with open_video(str(sequence_video(sequence))) as video:
        for frame in video:
            if frame.index % every == 0:
                turn.append(frame)
            if len(turn) == TURN:
                yield turn
                turn = []
    if turn:
        yield turn


def _detectors(arguments: argparse.Namespace) -> dict[str, Detector]:
    """All models, by the name that they have in the table."""
    detectors: dict[str, Detector] = {
        f"built-in, {size} px": build_detector(BuiltinOptions(min_score=MIN_SCORE, input_size=size), ("frames",))
        for size in arguments.sizes
    }
    others = {"YOLOX-nano": arguments.yolox, "person-detection-retail-0013": arguments.retail}
    for name, weights in others.items():
        if weights is not None:
            detectors[name] = build_detector(OnnxOptions(weights=str(weights), min_score=MIN_SCORE), ("frames",))
    if not arguments.no_hog:
        detectors["OpenCV HOG"] = HogDetector()
    return detectors


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--sequences", nargs="+", required=True, type=Path, metavar="DIR", help="held out from training"
    )
    parser.add_argument(
        "--apart", nargs="*", default=[], type=Path, metavar="DIR", help="measured, but not in the mean"
    )
    parser.add_argument(
        "--sizes", nargs="+", default=[512], type=int, help="inputs of the built-in detector, in pixels"
    )
    parser.add_argument("--yolox", type=Path, metavar="FILE", help="YOLOX-nano as .onnx")
    parser.add_argument("--retail", type=Path, metavar="FILE", help="person-detection-retail-0013 as .xml")
    parser.add_argument("--no-hog", action="store_true", help="leave out OpenCV's detector, the slowest")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="each n-th frame (default 1)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write figures, command, commit and hardware there")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
