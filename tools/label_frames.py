r"""Training images for the detector out of videos without labels: boxes where two detectors agree, doubt ignored.

    python tools/label_frames.py --videos A.mp4 B.mp4 --detectors yolox_nano.onnx person-detection.xml \
        --output labelled/

Writes `images/*.jpg` and `annotations.json` (COCO; `iscrowd` 1 marks regions that training ignores).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import _repo_root  # noqa: F401
import cv2
import numpy as np
from _exit_code import exit_code

from tracker.detection import build_detector
from tracker.detection.options import OnnxOptions
from tracker.detector_training.agreement import agreed_boxes, without_static
from tracker.structures import Frame
from tracker.video.reader import open_video


def main(argv: list[str] | None = None) -> int:
    """Label the frames; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--videos", nargs="+", required=True, type=Path, metavar="FILE", help="where people are seen")
    parser.add_argument("--detectors", nargs=2, required=True, metavar="WEIGHTS", help=".onnx or .xml of two families")
    parser.add_argument("--output", required=True, type=Path, help="folder to write")
    parser.add_argument("--every", default=2.0, type=float, help="seconds between frames (default 2)")
    parser.add_argument("--fixed", action="store_true", help="cameras do not move: what stays in place is furniture")
    parser.add_argument("--long-side", default=640, type=int, help="images are made no larger, in pixels (default 640)")
    arguments = parser.parse_args(argv)
    return exit_code(lambda: _write(arguments))


def _write(arguments: argparse.Namespace) -> None:
    """Label all frames and write the annotations."""
    images, annotations = _label(arguments)
    categories = [{"id": 1, "name": "person"}]
    content = {"images": images, "annotations": annotations, "categories": categories}
    (arguments.output / "annotations.json").write_text(json.dumps(content) + "\n", encoding="utf-8")
    ignored = sum(a["iscrowd"] for a in annotations)
    print(f"{len(images)} images, {len(annotations) - ignored} people, {ignored} ignored regions")


def _label(arguments: argparse.Namespace) -> tuple[list[dict], list[dict]]:
    """COCO images and annotations of all videos."""
    detectors = [build_detector(OnnxOptions(weights=w, min_score=0.15), ("frames",)) for w in arguments.detectors]
    folder = arguments.output / "images"
    folder.mkdir(parents=True, exist_ok=True)
    images: list[dict] = []
    annotations: list[dict] = []
    for video in arguments.videos:
        clip = []
        for frame in _frames(video, arguments.every, arguments.long_side):
            name = f"{video.parent.name}_{video.stem}_{frame.index:05d}.jpg"
            cv2.imwrite(str(folder / name), frame.image, [cv2.IMWRITE_JPEG_QUALITY, 92])
            height, width = frame.image.shape[:2]
            images.append({"id": len(images) + 1, "file_name": name, "width": width, "height": height})
            clip.append(agreed_boxes(*(d.detect([frame])[0] for d in detectors)))
        first = len(images) - len(clip) + 1
        for image, found in enumerate(without_static(clip) if arguments.fixed else clip, first):
            for boxes, is_ignored in ((found.people, 0), (found.doubtful, 1)):
                for x1, y1, x2, y2 in boxes.round(1).tolist():
                    box = [round(v, 1) for v in (x1, y1, x2 - x1, y2 - y1)]
                    entry = {"id": len(annotations) + 1, "image_id": image, "category_id": 1, "bbox": box}
                    annotations.append({**entry, "area": round(box[2] * box[3], 1), "iscrowd": is_ignored})
    return images, annotations


def _frames(video: Path, every: float, long_side: int) -> Iterator[Frame]:
    """A frame every so many seconds, scaled down to the longest side allowed."""
    due = 0.0
    with open_video(str(video)) as reader:
        for frame in reader:
            if frame.time_s + 1e-6 < due:
                continue
            due = frame.time_s + every
            scale = min(long_side / max(frame.image.shape[:2]), 1.0)
            image = np.asarray(
                cv2.resize(frame.image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8
            )
            yield Frame(frame.camera_id, frame.index, frame.time_s, image)


if __name__ == "__main__":
    sys.exit(main())
