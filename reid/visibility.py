"""Which part of a person a box shows, and comparing only what both boxes show.

A person cut by the frame's border, or hidden below by a counter, gives a box that is too short: stretched to the
network's input its legs' rows hold hips. So the crop is completed first (filled up to a whole body's height), which
puts each body part into its own rows again, and the windows of the pyramid that saw fill can be left out.

Completing is what counts (benchmarks/cut_people.py): it gives back half of what a cut costs. Masking adds or takes one
to three points of mAP depending on the weights: a model trained on cut and padded crops copes with fill by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np

from reid.errors import ReidError

BODY_ASPECT = 2.5  # height over width of a whole walking person's box: the median of Market-1501 style boxes is 2 to 3
MIN_SHARE = 0.5  # of a window's rows that must be visible; 0.3 to 0.75 differ little, see benchmarks/cut_people.py
FILL = 114  # grey; the level that detectors use for letterboxes


def visible_rows(boxes: np.ndarray, frame_size: tuple[int, int], aspect: float = BODY_ASPECT) -> np.ndarray:
    """Rows of the whole body that each box shows, judged by the frame's border and the box's shape.

    A box that touches the bottom (top) border and is shorter than `aspect` times its width is taken for the upper
    (lower) part of a body of that aspect. Boxes inside the frame, and those that touch both borders, count as whole.

    Args:
        boxes: (x1, y1, x2, y2) in pixels, (N, 4).
        frame_size: (width, height) of the frame in pixels.
        aspect: Height over width of a whole body.

    Returns:
        First and last visible row as shares of the body's height, float32 (N, 2), 0 at the head.
    """
    boxes = np.asarray(boxes, dtype=np.float32).reshape(-1, 4)
    width, height = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    share = np.clip(height / np.maximum(aspect * width, 1e-6), 0.2, 1.0)
    tolerance = np.maximum(2.0, 0.01 * frame_size[1])
    at_top, at_bottom = boxes[:, 1] <= tolerance, boxes[:, 3] >= frame_size[1] - tolerance
    rows = np.tile(np.array([0.0, 1.0], dtype=np.float32), (len(boxes), 1))
    rows[at_bottom & ~at_top, 1] = share[at_bottom & ~at_top]
    rows[at_top & ~at_bottom, 0] = 1.0 - share[at_top & ~at_bottom]
    return rows


def complete_crop(crop: np.ndarray, rows: tuple[float, float]) -> np.ndarray:
    """A crop that shows only these rows of the body, filled with grey above and below to the whole body's height.

    Args:
        crop: BGR uint8 (H, W, 3).
        rows: First and last visible row as shares of the body's height.
    """
    first, last = rows
    if not 0.0 <= first < last <= 1.0:
        raise ReidError(f"visible rows must be 0 <= first < last <= 1, got {rows}")
    body = len(crop) / (last - first)
    top, bottom = round(first * body), round((1.0 - last) * body)
    return cv2.copyMakeBorder(crop, top, bottom, 0, 0, cv2.BORDER_CONSTANT, value=(FILL, FILL, FILL))


def visible_windows(rows: np.ndarray, parts: Mapping[str, Any], min_share: float = MIN_SHARE) -> np.ndarray:
    """Which windows of the pyramid lie, to at least `min_share` of their rows, in what is visible.

    Args:
        rows: First and last visible row as shares of the body's height, (N, 2).
        parts: Layout as in a checkpoint: `{"parts": n, "windows": [[first, last), ...], "width": w}`.
        min_share: In (0, 1].

    Returns:
        bool (N, B).
    """
    windows = np.asarray(_windows(parts), dtype=np.float32) / float(parts["parts"])  # (B, 2)
    rows = np.asarray(rows, dtype=np.float32).reshape(-1, 2)
    low = np.maximum(rows[:, None, 0], windows[None, :, 0])  # (N, B)
    high = np.minimum(rows[:, None, 1], windows[None, :, 1])
    return high - low >= min_share * (windows[:, 1] - windows[:, 0]) - 1e-6


def masked_part_distances(
    queries: np.ndarray,
    gallery: np.ndarray,
    query_windows: np.ndarray,
    gallery_windows: np.ndarray,
    parts: Mapping[str, Any],
) -> np.ndarray:
    """Mean cosine distance over the windows that both sides show, in [0, 2].

    With everything visible this is the plain cosine distance of pyramid embeddings. A pair without a common window
    gets 1, which says nothing. Idea of the visibility mask: part distance of YouReID and of occluded ReID.

    Args:
        queries: Pyramid embeddings, float32 (Q, B * width); each window's slice is rescaled to length 1.
        gallery: float32 (G, B * width).
        query_windows: Visible windows, or weights in [0, 1], (Q, B).
        gallery_windows: (G, B).
        parts: Layout as in a checkpoint.

    Returns:
        float32 (Q, G).
    """
    first, first_weights = _masked(queries, query_windows, parts)
    second, second_weights = _masked(gallery, gallery_windows, parts)
    # A weight multiplies both sides, so each pair of windows counts with the product of its two weights.
    shared = first_weights @ second_weights.T  # (Q, G)
    similarity = first @ second.T
    return np.where(shared > 0, 1.0 - similarity / np.maximum(shared, 1e-6), 1.0).astype(np.float32)


def _masked(embeddings: np.ndarray, weights: np.ndarray, parts: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """Unit slices times their weights (N, B * width), and the weights (N, B)."""
    count, width = len(_windows(parts)), int(parts["width"])
    embeddings, weights = np.asarray(embeddings, dtype=np.float32), np.asarray(weights, dtype=np.float32)
    if embeddings.ndim != 2 or embeddings.shape[1] != count * width:
        raise ReidError(f"expected embeddings of {count} windows x {width}, got shape {embeddings.shape}")
    if weights.shape != (len(embeddings), count):
        raise ReidError(f"expected one weight per window, ({len(embeddings)}, {count}), got {weights.shape}")
    slices = embeddings.reshape(len(embeddings), count, width)
    slices = slices / np.maximum(np.linalg.norm(slices, axis=2, keepdims=True), 1e-12)
    return (slices * weights[:, :, None]).reshape(len(embeddings), -1), weights


def _windows(parts: Mapping[str, Any]) -> list[list[int]]:
    if not parts or not {"parts", "windows", "width"} <= set(parts):
        raise ReidError("these embeddings have no parts: masked comparison needs a pyramid model")
    return [list(window) for window in parts["windows"]]
