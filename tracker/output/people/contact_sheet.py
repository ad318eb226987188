"""`people/<identity>.jpg`: one person's best crops by camera with times, to see right and wrong at a glance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from crosscam.base.files import write_picture
from tracker.output.documents.identities_json import confidences
from tracker.output.people.crops import BestCrops, Crop, spread
from tracker.output.render.colors import identity_color, text_color
from tracker.output.render.text import clock_text, text_picture
from tracker.output.results_folder import PEOPLE, ResultsFolder
from tracker.structures import Identity, TrackingResult, Tracklet

CROP_HEIGHT_PX = 160
MAX_CROP_WIDTH_PX = 160
CROPS_PER_TRACKLET = 6
STAYS_PER_CAMERA = 30
"""More would make sheets that nobody reads, and in long runs larger ones than JPEG allows."""
SHEET_WIDTH_PX = 1280
TITLE_PX, CAMERA_PX, LABEL_PX = 24, 17, 12
GAP_PX = 6
PAPER = (250, 250, 250)
INK = (40, 40, 40)
GREY = (110, 110, 110)

Picture = NDArray[np.uint8]
T = TypeVar("T")


def write_contact_sheets(folder: ResultsFolder, result: TrackingResult, crops: BestCrops) -> int:
    """Write `people/<identity>.jpg` for every identity that has crops; returns their number.

    Sheets of an earlier run are removed: a number without a person would mislead.

    Raises:
        InputError: A file cannot be written, or is not ours to replace.
    """
    shown = [i for i in result.identities if any(crops.for_tracklet(tracklet) for tracklet in i.tracklets)]
    paths = folder.claim(*(f"{PEOPLE}{identity.identity_id}.jpg" for identity in shown))
    for identity, path in zip(shown, paths, strict=True):
        sheet = contact_sheet(identity, crops)
        assert sheet is not None
        path.parent.mkdir(exist_ok=True)
        write_picture(path, sheet, is_private=True)
    folder.remove_stale_people()
    return len(shown)


def contact_sheet(identity: Identity, crops: BestCrops) -> Picture | None:
    """The sheet of one identity, uint8 (H, W, 3) BGR; None without any crop.

    A section per camera; in it the tracklets by time, each under a line that tells when and how sure.
    """
    by_camera: dict[str, list[tuple[Tracklet, float, list[Crop]]]] = {}
    for tracklet, sure in zip(identity.tracklets, confidences(identity), strict=True):
        found = crops.for_tracklet(tracklet)
        if found:
            by_camera.setdefault(tracklet.camera_id, []).append((tracklet, sure, found))
    if not by_camera:
        return None
    parts = [_title(identity)]
    for camera, stays in by_camera.items():
        shown = _evenly(stays, STAYS_PER_CAMERA)
        more = f"   ({len(shown)} of {len(stays)} stays)" if len(shown) < len(stays) else ""
        parts.append(_line(f"{camera}   {_span([t for t, _, _ in stays])}{more}", CAMERA_PX, INK))
        parts += _wrap([_tracklet_block(*stay) for stay in shown])
    return _stack(parts)


def _evenly(items: list[T], count: int) -> list[T]:
    """At most `count` of the items, from the first to the last."""
    if len(items) <= count:
        return items
    return [items[i] for i in np.linspace(0, len(items) - 1, count).round().astype(int)]


def _title(identity: Identity) -> Picture:
    color = identity_color(identity.identity_id)
    stays, cameras = len(identity.tracklets), len({t.camera_id for t in identity.tracklets})
    text = f" Person {identity.identity_id}    {stays} {'stays' if stays > 1 else 'stay'} in "
    text += f"{cameras} {'cameras' if cameras > 1 else 'camera'}    {_span(identity.tracklets)} "
    picture = text_picture(text, TITLE_PX, text_color(color), color)
    bar = np.full((picture.shape[0] + 2 * GAP_PX, max(SHEET_WIDTH_PX // 2, picture.shape[1]), 3), color, np.uint8)
    bar[GAP_PX : GAP_PX + picture.shape[0], : picture.shape[1]] = picture
    return bar


def _span(tracklets: Sequence[Tracklet]) -> str:
    return f"{clock_text(min(t.start_s for t in tracklets), 0)} to {clock_text(max(t.end_s for t in tracklets), 0)}"


def _tracklet_block(tracklet: Tracklet, sure: float, crops: list[Crop]) -> Picture:
    """The crops of one tracklet side by side under their line."""
    shown = [_labelled(crop) for crop in spread(crops, CROPS_PER_TRACKLET)]
    row = np.concatenate([np.pad(p, ((0, 0), (0, 2), (0, 0)), constant_values=PAPER[0]) for p in shown], axis=1)
    line = _line(f"track {tracklet.track_id}, {sure:.0%} sure", LABEL_PX, GREY)
    return _stack([line, row], gap=1)


def _labelled(crop: Crop) -> Picture:
    """A crop at the common height with its time below."""
    image = crop.image()
    width = min(max(1, round(image.shape[1] * CROP_HEIGHT_PX / image.shape[0])), MAX_CROP_WIDTH_PX)
    scale = cv2.INTER_AREA if image.shape[0] > CROP_HEIGHT_PX else cv2.INTER_LINEAR
    picture: Picture = cv2.resize(image, (width, CROP_HEIGHT_PX), interpolation=scale)  # type: ignore[assignment]
    return _stack([picture, _line(clock_text(crop.time_s, 0), LABEL_PX, INK)], gap=0)


def _wrap(blocks: list[Picture]) -> list[Picture]:
    """Blocks in rows of at most the sheet's width."""
    rows: list[list[Picture]] = [[]]
    used = 0
    for block in blocks:
        if rows[-1] and used + block.shape[1] > SHEET_WIDTH_PX:
            rows.append([])
            used = 0
        rows[-1].append(block)
        used += block.shape[1] + 2 * GAP_PX
    return [_side_by_side(row) for row in rows]


def _side_by_side(blocks: list[Picture]) -> Picture:
    height = max(block.shape[0] for block in blocks)
    padded = [_pad(block, height, block.shape[1] + 2 * GAP_PX) for block in blocks]
    return np.concatenate(padded, axis=1)


def _line(text: str, height_px: int, color: tuple[int, int, int]) -> Picture:
    return text_picture(text, height_px, color, PAPER)


def _stack(parts: list[Picture], gap: int = GAP_PX) -> Picture:
    width = max(part.shape[1] for part in parts)
    return np.concatenate([_pad(part, part.shape[0] + gap, width) for part in parts], axis=0)


def _pad(picture: Picture, height: int, width: int) -> Picture:
    """The picture at the top left of paper of the given size."""
    paper = np.full((height, width, 3), PAPER, np.uint8)
    paper[: picture.shape[0], : picture.shape[1]] = picture
    return paper
