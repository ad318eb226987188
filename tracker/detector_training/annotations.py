"""Labelled images from the layouts that people have: COCO, YOLO, MOTChallenge, and a plain table of boxes."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from crosscam.base.boxes import cxcywh_to_xyxy, ltwh_to_xyxy
from crosscam.base.errors import InputError
from tracker.evaluation.detection_truth import no_truth, read_frame_truth
from tracker.evaluation.detector import sequence_video
from tracker.video.reader import open_video

IMAGE_SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".png", ".webp"})
MIN_VISIBILITY = 0.3
"""MOTChallenge people who are seen less than this are ignored: nothing of them may be left in the image."""


@dataclass(frozen=True, eq=False)
class LabelledImage:
    """An image with its people.

    Attributes:
        name: Unique within its source; decides whether the image is held out.
        read: Gives the image, uint8 (H, W, 3) BGR.
        people: float32 (N, 4), (x1, y1, x2, y2) in pixels.
        ignored: float32 (M, 4), regions that are neither people nor background.
    """

    name: str
    read: Callable[[], NDArray[np.uint8]]
    people: NDArray[np.float32]
    ignored: NDArray[np.float32]


def read_coco(path: Path, every: int = 1) -> list[LabelledImage]:
    """A COCO .json; images lie beside it or in `images/`. The category named person counts, crowds are ignored."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        wanted = {c["id"] for c in content["categories"] if c["name"].lower() in ("person", "pedestrian", "people")}
        boxes: dict[tuple[Any, bool], list] = defaultdict(list)
        for entry in content["annotations"]:
            if entry["category_id"] in wanted:
                boxes[entry["image_id"], bool(entry.get("iscrowd", 0))].append(entry["bbox"])
        images = [(entry["id"], entry["file_name"]) for entry in content["images"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: not a COCO annotation file ({error!r})") from error
    if not wanted:
        raise InputError(f"{path}: no category named 'person'")
    folder = path.parent / "images" if (path.parent / "images").is_dir() else path.parent
    return [
        _from_file(folder / name, ltwh_to_xyxy(_boxes(boxes[key, False])), ltwh_to_xyxy(_boxes(boxes[key, True])))
        for key, name in images[::every]
    ]


def read_yolo(path: Path, every: int = 1) -> list[LabelledImage]:
    """`images/` and `labels/`: rows of class, centre x, y, width, height as shares of the image; class 0 counts."""
    files = sorted(f for f in (path / "images").rglob("*") if f.suffix.lower() in IMAGE_SUFFIXES)
    if not files:
        raise InputError(f"{path}: no images in {path / 'images'}; expected the folders images/ and labels/")
    return [_from_yolo(file, path) for file in files[::every]]


def read_table(path: Path, every: int = 1) -> list[LabelledImage]:
    """A .csv with columns image, x1, y1, x2, y2 (empty for an image without people); images in `images/` beside it.

    Where there is a column visibility, people seen less than `MIN_VISIBILITY` are ignored.
    """
    people: dict[str, list] = {}
    ignored: dict[str, list] = defaultdict(list)
    with path.open(encoding="utf-8", newline="") as stream:
        for number, row in enumerate(csv.DictReader(stream), 2):
            try:
                counted = people.setdefault(row["image"], [])
                if row["x1"]:
                    is_seen = float(row.get("visibility") or 1) >= MIN_VISIBILITY
                    rows = counted if is_seen else ignored[row["image"]]
                    rows.append([float(row[c]) for c in ("x1", "y1", "x2", "y2")])
            except (KeyError, TypeError, ValueError) as error:
                raise InputError(f"{path}, line {number}: expected image, x1, y1, x2, y2 ({error!r})") from error
    names = sorted(people)[::every]
    return [_from_file(path.parent / "images" / n, _boxes(people[n]), _boxes(ignored[n])) for n in names]


def read_mot(path: Path, every: int = 10) -> list[LabelledImage]:
    """A MOTChallenge sequence folder: gt/gt.txt and img1/ or one video, whose pixels the boxes are in."""
    truth = read_frame_truth(path / "gt" / "gt.txt", MIN_VISIBILITY)
    images = []
    with open_video(str(sequence_video(path))) as video:
        for frame in video:
            if frame.index % every == 0:
                here = truth.get(frame.index + 1, no_truth())
                name = f"{path.name}_{frame.index:06d}"
                images.append(LabelledImage(name, _constant(frame.image), here.people, here.ignored))
    return images


READERS: dict[str, Callable[[Path, int], list[LabelledImage]]] = {
    "coco": read_coco,
    "yolo": read_yolo,
    "table": read_table,
    "mot": read_mot,
}


def find_layout(path: Path) -> str:
    """The layout of data that a user names by its path alone."""
    if path.suffix.lower() in (".json", ".csv"):
        return {".json": "coco", ".csv": "table"}[path.suffix.lower()]
    if (path / "gt" / "gt.txt").is_file():
        return "mot"
    if (path / "images").is_dir() and (path / "labels").is_dir():
        return "yolo"
    raise InputError(f"{path}: expected a COCO .json, a .csv, a folder with images/ and labels/, or a MOT sequence")


def _from_yolo(file: Path, root: Path) -> LabelledImage:
    labels = (root / "labels" / file.relative_to(root / "images")).with_suffix(".txt")
    try:
        rows = np.loadtxt(labels, ndmin=2, dtype=np.float32) if labels.is_file() and labels.stat().st_size else None
    except ValueError as error:
        raise InputError(f"{labels}: {error}; expected rows of class, x, y, width, height") from error
    if rows is None:
        return _from_file(file, _boxes([]), _boxes([]))
    if rows.shape[1] != 5:
        raise InputError(f"{labels}: rows of {rows.shape[1]} values, expected class, x, y, width, height")
    height, width = _read(file).shape[:2]
    shares = cxcywh_to_xyxy(rows[rows[:, 0] == 0, 1:])
    return _from_file(file, shares * np.array([width, height, width, height], np.float32), _boxes([]))


def _from_file(file: Path, people: NDArray[np.float32], ignored: NDArray[np.float32]) -> LabelledImage:
    return LabelledImage(file.name, lambda: _read(file), people, ignored)


def _read(file: Path) -> NDArray[np.uint8]:
    image = cv2.imread(str(file), cv2.IMREAD_COLOR)
    if image is None:
        raise InputError(f"{file}: missing, or no image that can be read")
    return image  # type: ignore[return-value]


def _constant(image: NDArray[np.uint8]) -> Callable[[], NDArray[np.uint8]]:
    return lambda: image


def _boxes(rows: ArrayLike) -> NDArray[np.float32]:
    return np.asarray(rows, np.float32).reshape(-1, 4)
