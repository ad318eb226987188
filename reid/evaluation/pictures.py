"""Pictures that show what scores hide: ranked lists of chosen queries, and the weight of every frame of a tracklet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from crosscam.base.errors import InputError
from crosscam.base.images import read_image
from reid.data.samples import JUNK, Sample
from reid.evaluation.distances import cosine_distances

TILE_HEIGHT, TILE_WIDTH, BORDER, CAPTION = 128, 64, 4, 16
GREEN, RED, BLUE, WHITE, GREY = (60, 170, 60), (60, 60, 220), (200, 120, 40), (255, 255, 255), (140, 140, 140)
Colour = tuple[int, int, int]


@dataclass(frozen=True, eq=False)
class RankedList:
    """The first answers to one query, ignored items left out.

    Attributes:
        query: The sample that asks.
        answers: Nearest first.
        distances: Of the answers, (K,).
        score: Average precision of the whole ranking, in [0, 1].
    """

    query: Sample
    answers: list[Sample]
    distances: np.ndarray
    score: float


def choose_queries(valid: np.ndarray, average_precisions: np.ndarray, count: int) -> list[tuple[int, float]]:
    """Query numbers with their AP: half the worst ones, the others evenly spaced up to the best.

    Args:
        valid: bool (Q,).
        average_precisions: Of the valid queries, (V,).
        count: How many to choose.
    """
    numbers = np.flatnonzero(valid)
    order = np.argsort(average_precisions, kind="stable")
    worst = order[: (count + 1) // 2]
    rest = order[len(worst) :]
    spaced = rest[np.linspace(0, len(rest) - 1, min(count - len(worst), len(rest))).astype(int)] if len(rest) else rest
    return [(int(numbers[i]), float(average_precisions[i])) for i in [*worst, *spaced]]


def rank_answers(
    query: Sample, embedding: np.ndarray, gallery: Sequence[Sample], embeddings: np.ndarray, score: float, k: int = 10
) -> RankedList:
    """The first k answers to a query by cosine distance, from unit vectors (D,) and (G, D)."""
    row = cosine_distances(embedding[None], embeddings)[0]
    ignored = [
        s.person_id == JUNK or (s.person_id == query.person_id and s.camera_id == query.camera_id) for s in gallery
    ]
    row[np.array(ignored, dtype=bool)] = np.inf
    order = np.argsort(row, kind="stable")[:k]
    order = order[np.isfinite(row[order])]
    return RankedList(query, [gallery[i] for i in order], row[order], score)


def draw_ranked_lists(lists: Sequence[RankedList]) -> np.ndarray:
    """Contact sheet, BGR uint8: a row per query (blue), its answers framed green where right and red where wrong."""
    width = 1 + max((len(entry.answers) for entry in lists), default=0)
    rows = []
    for entry in lists:
        query = entry.query
        tiles = [_tile(query, BLUE, f"{query.person_id} c{query.camera_id} AP{100 * entry.score:.0f}")]
        for sample, distance in zip(entry.answers, entry.distances, strict=True):
            colour = GREEN if sample.person_id == query.person_id else RED
            tiles.append(_tile(sample, colour, f"{sample.person_id} c{sample.camera_id} {distance:.2f}"))
        rows.append(_row(tiles, width))
    return np.concatenate(rows) if rows else np.full((CAPTION, TILE_WIDTH, 3), 255, np.uint8)


def draw_frame_weights(samples: Sequence[Sample], weights: Sequence[np.ndarray], max_frames: int = 16) -> np.ndarray:
    """Contact sheet, BGR uint8: a row per tracklet, each frame with its weight as number and bar (grey line: 1/T)."""
    width = min(max((len(w) for w in weights), default=1), max_frames)
    rows = []
    for sample, weight in zip(samples, weights, strict=True):
        chosen = np.unique(np.linspace(0, len(weight) - 1, min(len(weight), max_frames)).astype(int))
        paths = [path for path in sample.paths if read_image(path) is not None]
        top = max(float(weight.max()), 1e-12)
        tiles = []
        for i in chosen:
            tile = _tile(sample, WHITE, f"{weight[i]:.3f}", paths[i])
            _draw_bar(tile, float(weight[i]) / top, 1.0 / (len(weight) * top))
            tiles.append(tile)
        rows.append(_row(tiles, width))
    return np.concatenate(rows) if rows else np.full((CAPTION, TILE_WIDTH, 3), 255, np.uint8)


def write_picture(path: Path, image: np.ndarray) -> None:
    """Write a PNG or JPEG.

    Raises:
        InputError: It cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if not cv2.imwrite(str(path), image):
        raise InputError(f"cannot write picture '{path}'")


def _tile(sample: Sample, colour: Colour, caption: str, path: Path | None = None) -> np.ndarray:
    """One framed image, the sample's middle one by default, with a caption above."""
    image = read_image(path or sample.paths[len(sample.paths) // 2])
    tile = np.full((CAPTION + TILE_HEIGHT + 2 * BORDER, TILE_WIDTH + 2 * BORDER, 3), 255, np.uint8)
    tile[CAPTION:] = colour
    inside = tile[CAPTION + BORDER : -BORDER, BORDER:-BORDER]
    inside[:] = GREY if image is None else cv2.resize(image, (TILE_WIDTH, TILE_HEIGHT), interpolation=cv2.INTER_AREA)
    cv2.putText(tile, caption, (1, CAPTION - 5), cv2.FONT_HERSHEY_SIMPLEX, 0.3, (0, 0, 0), 1, cv2.LINE_AA)
    return tile


def _draw_bar(tile: np.ndarray, share: float, uniform: float) -> None:
    """A bar of the frame's weight relative to the largest, from below, and a line at the uniform weight."""
    bottom, height = CAPTION + BORDER + TILE_HEIGHT, TILE_HEIGHT
    cv2.rectangle(tile, (BORDER, bottom - int(share * height)), (BORDER + 5, bottom), BLUE, -1)
    level = bottom - int(min(uniform, 1.0) * height)
    cv2.line(tile, (BORDER, level), (BORDER + 10, level), GREY, 1)


def _row(tiles: list[np.ndarray], width: int) -> np.ndarray:
    blank = np.full_like(tiles[0], 255)
    return np.concatenate([*tiles, *[blank] * (width - len(tiles))], axis=1)
