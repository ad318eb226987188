"""Labels for frames of videos that have none: boxes where two detectors agree; where they do not, an ignored region."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from crosscam.base.files import write_text
from tracker.detector_training.agreement import Agreement, agreed_boxes, without_static
from tracker.interfaces import Detector
from tracker.structures import Frame
from tracker.video.reader import open_video

JPEG_QUALITY = 92


def label_videos(
    videos: Sequence[Path],
    first: Detector,
    second: Detector,
    folder: Path,
    every_s: float = 2.0,
    long_side: int = 640,
    is_fixed: bool = False,
) -> dict[str, Any]:
    """Write `images/*.jpg` and `annotations.json` (COCO) of all videos.

    Args:
        videos: Files in which people are seen.
        first: A detector.
        second: One of another family, which errs elsewhere.
        folder: Where the files are written.
        every_s: Seconds between frames.
        long_side: Images are made no larger, in pixels.
        is_fixed: Cameras do not move: what stays in place is furniture.

    Returns:
        The content of `annotations.json`.
    """
    (folder / "images").mkdir(parents=True, exist_ok=True)
    images: list[dict[str, Any]] = []
    entries: list[dict[str, Any]] = []
    for video in videos:
        clip = []
        for frame in _frames(video, every_s, long_side):
            name = f"{video.parent.name}_{video.stem}_{frame.index:05d}.jpg"
            cv2.imwrite(str(folder / "images" / name), frame.image, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
            height, width = frame.image.shape[:2]
            images.append({"id": len(images) + 1, "file_name": name, "width": width, "height": height})
            clip.append(agreed_boxes(first.detect([frame])[0], second.detect([frame])[0]))
        number = len(images) - len(clip) + 1
        for image_id, found in enumerate(without_static(clip) if is_fixed else clip, number):
            entries += _entries(found, image_id, len(entries) + 1)
    content = {"images": images, "annotations": entries, "categories": [{"id": 1, "name": "person"}]}
    write_text(folder / "annotations.json", json.dumps(content) + "\n")
    return content


def _entries(found: Agreement, image_id: int, first_id: int) -> list[dict[str, Any]]:
    """COCO annotations of one image."""
    entries: list[dict[str, Any]] = []
    for boxes, is_ignored in ((found.people, 0), (found.doubtful, 1)):
        for x1, y1, x2, y2 in boxes.round(1).tolist():
            box = [round(value, 1) for value in (x1, y1, x2 - x1, y2 - y1)]
            entry = {"id": first_id + len(entries), "image_id": image_id, "category_id": 1, "bbox": box}
            entries.append({**entry, "area": round(box[2] * box[3], 1), "iscrowd": is_ignored})
    return entries


def _frames(video: Path, every_s: float, long_side: int) -> Iterator[Frame]:
    """A frame every so many seconds, scaled down to the longest side allowed."""
    due = 0.0
    with open_video(str(video)) as reader:
        for frame in reader:
            if frame.time_s + 1e-6 < due:
                continue
            due = frame.time_s + every_s
            scale = min(long_side / max(frame.image.shape[:2]), 1.0)
            image = np.asarray(
                cv2.resize(frame.image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8
            )
            yield Frame(frame.camera_id, frame.index, frame.time_s, image)
