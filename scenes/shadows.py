"""Soft shadows of people on the floor, as a picture of how much light is left."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from scenes.room import Hall

PIXELS_PER_M = 40
"""Sharpness of the shadows; they are soft, so half of the floor's is enough."""
STRENGTH = 0.5
"""Share of a lamp's light that a whole body takes away."""
REACH_M = 7.0
"""Shadows longer than this are too faint to be seen."""
CONTACT_HEIGHT = 0.15
"""Parts of the body below this darken the floor next to them whatever the lamps do, in metres."""


def _cast(vertices: NDArray[np.float32], lamp: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where a lamp's rays through the vertices meet the floor, (V, 2)."""
    share = lamp[2] / np.maximum(lamp[2] - vertices[:, 2], 0.2)
    return lamp[:2] + (vertices[:, :2] - lamp[:2]) * share[:, None]


def _splat(points: NDArray, shape: tuple[int, int], sigma_px: float) -> NDArray[np.float32]:
    """Soft cover in [0, 1] of the pixels where points fall."""
    cells = np.floor(points * PIXELS_PER_M).astype(np.int64)
    inside = (cells >= 0).all(axis=1) & (cells[:, 0] < shape[1]) & (cells[:, 1] < shape[0])
    cover = np.zeros(shape, np.float32)
    cover[cells[inside, 1], cells[inside, 0]] = 1.0
    closed = cv2.morphologyEx(cover, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    return np.asarray(cv2.GaussianBlur(closed, (0, 0), sigma_px), np.float32)


def light_left(hall: Hall, bodies: list[NDArray[np.float32]], lamps: NDArray[np.float64]) -> NDArray[np.float32]:
    """Light that reaches the floor, 1 without anybody.

    Args:
        hall: For its size.
        bodies: Vertices of each person, (V, 3).
        lamps: (L, 3), those that are lit.

    Returns:
        float32 (width * PIXELS_PER_M, length * PIXELS_PER_M), rows along y.
    """
    shape = (round(hall.width * PIXELS_PER_M), round(hall.length * PIXELS_PER_M))
    light = np.ones(shape, np.float32)
    for body in bodies:
        low, high = body[:, :2].min(axis=0) - REACH_M, body[:, :2].max(axis=0) + REACH_M
        x0, y0 = np.clip(np.floor(low * PIXELS_PER_M).astype(int), 0, [shape[1], shape[0]])
        x1, y1 = np.clip(np.ceil(high * PIXELS_PER_M).astype(int), 0, [shape[1], shape[0]])
        if x1 <= x0 or y1 <= y0:
            continue
        window, corner = light[y0:y1, x0:x1], np.array([x0, y0]) / PIXELS_PER_M
        for lamp in lamps:
            away = float(np.hypot(*(body[:, :2].mean(axis=0) - lamp[:2])))
            weight = STRENGTH / (1 + (away / 4.0) ** 2) * np.clip(REACH_M - away, 0, 1)
            if weight == 0:
                continue
            window *= 1 - weight * _splat(_cast(body, lamp) - corner, window.shape, 1.0 + 1.0 * away)
        feet = body[body[:, 2] < CONTACT_HEIGHT]
        window *= 1 - 0.55 * _splat(feet[:, :2] - corner, window.shape, 2.0)
    return light


def furniture_shade(hall: Hall) -> NDArray[np.float32]:
    """Light left beside furniture and walls, like `light_left` but at the floor texture's own size."""
    light = np.ones(hall.floor.shape[:2], np.float32)
    per_m = hall.floor.shape[1] / hall.length
    cover = np.zeros_like(light)
    for box in hall.boxes:
        if box.low[2] < 0.5 and box.low[1] > 0 and box.high[1] < hall.width + 0.01:
            corners = np.round(np.array([box.low[:2], box.high[:2]]) * per_m).astype(int)
            cv2.rectangle(cover, corners[0].tolist(), corners[1].tolist(), 1.0, -1)
    cover[:2] = cover[-2:] = 1
    return (
        light
        - 0.45 * cv2.GaussianBlur(cover, (0, 0), 0.10 * per_m)
        - 0.25 * cv2.GaussianBlur(cover, (0, 0), 0.3 * per_m)
    )
