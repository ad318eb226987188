"""A picture of wrong merges: for each result identity that holds several people, crops of each of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from crosscam.base.boxes import crop_boxes
from crosscam.base.errors import VideoError
from tracker.evaluation.tracking import TrackingScores
from tracker.output.render.text import PADDING, paste, text_picture
from tracker.video.reader import open_video

CROP_SIZE = (64, 128)
"""Width and height of one crop in the picture, in pixels."""
CROPS_PER_PERSON = 3
LABEL_HEIGHT = 14
SMALL_PX, LARGE_PX = 9, 12
"""Heights of letters, in pixels."""
MARGIN = 4
WHITE, BLACK = (255, 255, 255), (0, 0, 0)


@dataclass(frozen=True)
class Sample:
    """One box of a merged identity.

    Attributes:
        identity: Of the results.
        person: Of the ground truth.
        camera: Name of the camera.
        frame: From 1.
        box: (x1, y1, x2, y2) in pixels.
    """

    identity: int
    person: int
    camera: str
    frame: int
    box: tuple[float, float, float, float]


def choose_samples(scores: TrackingScores) -> list[Sample]:
    """Boxes evenly spaced over what each merged identity shows of each person."""
    samples = []
    for identity, people in scores.identity_errors.merges.items():
        for person in people:
            found = [
                Sample(identity, person, camera, int(m.frames[row]), tuple(m.boxes[row].tolist()))
                for camera, m in scores.matches.items()
                for row in np.flatnonzero((m.result_ids == identity) & (m.person_ids == person))
            ]
            places = np.linspace(0, len(found) - 1, min(CROPS_PER_PERSON, len(found)))
            samples += [found[round(place)] for place in places]
    return samples


def _read_crops(video: Path, samples: Iterable[Sample]) -> dict[Sample, NDArray[np.uint8]]:
    """The crops of one video, each uint8 (128, 64, 3) BGR; a sample past the end of the video is left out."""
    wanted: dict[int, list[Sample]] = {}
    for sample in samples:
        wanted.setdefault(sample.frame, []).append(sample)
    crops: dict[Sample, NDArray[np.uint8]] = {}
    if not wanted:
        return crops
    with open_video(str(video), max_frames=max(wanted)) as reader:
        for frame in reader:
            here = wanted.get(frame.index + 1, [])
            cut = crop_boxes(frame.image, np.array([sample.box for sample in here]).reshape(-1, 4))
            for sample, crop in zip(here, cut, strict=True):
                crops[sample] = np.asarray(cv2.resize(crop, CROP_SIZE), np.uint8)
    return crops


def _tile(crop: NDArray[np.uint8], sample: Sample) -> NDArray[np.uint8]:
    """A crop with where it is from below it."""
    label = np.full((LABEL_HEIGHT, crop.shape[1], 3), 255, np.uint8)
    paste(label, _text(f"{sample.camera[-5:]} {sample.frame}", SMALL_PX), 0, 1)
    return np.vstack([crop, label])


def _row(identity: int, tiles: Mapping[int, Sequence[NDArray[np.uint8]]], width: int) -> NDArray[np.uint8]:
    """All people of one identity side by side, each under a heading."""
    height = CROP_SIZE[1] + 2 * LABEL_HEIGHT + 2 * MARGIN
    row = np.full((height, width, 3), 255, np.uint8)
    paste(row, _text(f"id {identity}", LARGE_PX), MARGIN, height // 2 - LARGE_PX)
    x = CROP_SIZE[0] + MARGIN
    for person, images in tiles.items():
        paste(row, _text(f"person {person}", LARGE_PX), x - PADDING, 1)
        for image in images:
            row[LABEL_HEIGHT + MARGIN :][: image.shape[0], x : x + image.shape[1]] = image
            x += image.shape[1] + MARGIN
        x += 3 * MARGIN
    cv2.line(row, (0, height - 1), (width, height - 1), (200, 200, 200), 1)
    return row


def _text(text: str, height_px: int) -> NDArray[np.uint8]:
    return text_picture(text, height_px, BLACK, WHITE)


def draw_confusions(scores: TrackingScores, videos: Sequence[Path], path: Path) -> int:
    """Write the picture.

    Args:
        scores: With their matches and identity errors.
        videos: One per camera, named as the cameras are; cameras without a video are left out of the picture.
        path: Of the picture, its type by its ending.

    Returns:
        The number of identities in the picture; 0 writes nothing.

    Raises:
        VideoError: A video cannot be opened, or none has the name of a camera.
    """
    by_camera = {video.stem: video for video in videos if video.stem in scores.matches}
    if not by_camera:
        raise VideoError(f"none of the videos is named as a camera: {', '.join(scores.matches)}")
    samples = choose_samples(scores)
    crops: dict[Sample, NDArray[np.uint8]] = {}
    for camera, video in by_camera.items():
        crops |= _read_crops(video, [sample for sample in samples if sample.camera == camera])
    rows: dict[int, dict[int, list[NDArray[np.uint8]]]] = {}
    for sample in samples:
        if sample in crops:
            rows.setdefault(sample.identity, {}).setdefault(sample.person, []).append(_tile(crops[sample], sample))
    if not rows:
        return 0
    width = max(
        CROP_SIZE[0] + MARGIN + sum(len(tiles) * (CROP_SIZE[0] + MARGIN) + 3 * MARGIN for tiles in people.values())
        for people in rows.values()
    )
    if not cv2.imwrite(str(path), np.vstack([_row(identity, tiles, width) for identity, tiles in rows.items()])):
        raise OSError(f"cannot write {path}")
    return len(rows)
