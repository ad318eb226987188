"""The picture of a search: what was wanted, and one crop of each hit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from tracker.output.people.crops import Crop
from tracker.output.render.text import clock_text, text_picture
from tracker.structures import Tracklet

CROP_PX = 160
INK, PAPER = (40, 40, 40), (250, 250, 250)
CELLS_PER_ROW = 8


def crops_within(tracklet: Tracklet, crops: Sequence[Crop]) -> list[Crop]:
    """Those crops of an identity that belong to one of its tracklets."""
    start_s, end_s = tracklet.start_s, tracklet.end_s
    return [c for c in crops if c.camera_id == tracklet.camera_id and start_s <= c.time_s <= end_s]


def search_picture(
    query: NDArray[np.uint8] | None, rows: Sequence[dict[str, Any]], crops: Sequence[Sequence[Crop]]
) -> NDArray[np.uint8]:
    """The query and the best crop of each hit side by side, uint8 (H, W, 3) BGR.

    Args:
        query: Crop of the person that is looked for, if there is one.
        rows: "identity", "camera", "start_s" and "score" of each hit.
        crops: Crops of each hit.
    """
    cells = [] if query is None else [_cell(query, "wanted", "")]
    for row, own in zip(rows, crops, strict=True):
        best = max(own, key=lambda crop: crop.quality, default=None)
        image = np.full((CROP_PX, CROP_PX // 2, 3), 200, np.uint8) if best is None else best.image()
        label = f"{row['identity']}  {row['camera']}"
        cells.append(_cell(image, label, f"{clock_text(row['start_s'])}  {row['score']:.2f}"))
    cells = cells or [_cell(np.full((8, 8, 3), 255, np.uint8), "-", "")]
    lines = [cells[k : k + CELLS_PER_ROW] for k in range(0, len(cells), CELLS_PER_ROW)]
    strips = [np.concatenate(line, axis=1) for line in lines]
    width = max(strip.shape[1] for strip in strips)
    return np.concatenate(
        [cv2.copyMakeBorder(s, 0, 0, 0, width - s.shape[1], cv2.BORDER_CONSTANT, value=PAPER) for s in strips]
    )


def _cell(image: NDArray[np.uint8], first: str, second: str) -> NDArray[np.uint8]:
    cell = np.full((CROP_PX + 40, CROP_PX, 3), PAPER, np.uint8)
    scale = min(CROP_PX / image.shape[0], (CROP_PX - 8) / image.shape[1])
    small = cv2.resize(image, (max(1, int(image.shape[1] * scale)), max(1, int(image.shape[0] * scale))))
    left = (CROP_PX - small.shape[1]) // 2
    cell[: small.shape[0], left : left + small.shape[1]] = small
    for line, text in enumerate((first, second)):
        if text:
            label = text_picture(text, 13, INK, PAPER)[:, : CROP_PX - 4]
            cell[CROP_PX + 2 + 18 * line :, 4:][: label.shape[0], : label.shape[1]] = label[: 38 - 18 * line]
    return cell
