"""Exact boxes of rendered people: the whole body, and what can be seen of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scenes.camera import Camera

DEPTH_SLACK_M = 0.06
"""A vertex counts as seen when the picture's depth there is at most this much nearer, in metres."""
NEAR_M = 0.3
"""Parts of the body nearer than this to the camera, or behind it, do not count, in metres."""
MIN_IN_FRONT = 0.5
"""Share of the body that must be before the camera for a box to make sense."""


@dataclass(frozen=True, eq=False)
class PersonBox:
    """One person in one picture.

    Attributes:
        person_id: From 1.
        full: float64 (4,), (x1, y1, x2, y2) around the whole body in pixels; may leave the picture.
        visible: float64 (4,) around what can be seen, or None when nothing can.
        visibility: Share of the near side of the body that can be seen, in [0, 1].
        unhidden: Share of what lies inside the picture that nothing hides, in [0, 1].
    """

    person_id: int
    full: NDArray[np.float64]
    visible: NDArray[np.float64] | None
    visibility: float
    unhidden: float


def _box_around(pixels: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.concatenate([pixels.min(axis=0), pixels.max(axis=0)])


def measure_person(
    person_id: int,
    vertices: NDArray[np.float32],
    normals: NDArray[np.float32],
    camera: Camera,
    depth: NDArray[np.float32],
) -> PersonBox | None:
    """Box and visibility of one person; None for somebody behind the camera.

    Args:
        person_id: From 1.
        vertices: (V, 3) in metres.
        normals: (V, 3); those that face the camera are counted.
        camera: That made the picture.
        depth: Metres, any multiple of the picture's size, see `SceneRenderer.draw`.
    """
    pixels, distance = camera.project(vertices)
    in_front = distance > NEAR_M
    if in_front.mean() < MIN_IN_FRONT:
        return None
    pixels, distance = pixels[in_front], distance[in_front]
    near_side = (normals[in_front] * (np.array(camera.position) - vertices[in_front])).sum(axis=1) > 0
    inside = (pixels >= 0).all(axis=1) & (pixels[:, 0] < camera.width) & (pixels[:, 1] < camera.height)
    framed = near_side & inside
    scale = depth.shape[1] / camera.width
    columns, rows = (np.floor(pixels[framed] * scale).astype(np.int64)).T
    seen = framed.copy()
    seen[framed] = depth[rows, columns] > distance[framed] - DEPTH_SLACK_M
    return PersonBox(
        person_id,
        full=_box_around(pixels),
        visible=_box_around(pixels[seen]) if seen.any() else None,
        visibility=float(seen.sum() / max(near_side.sum(), 1)),
        unhidden=float(seen.sum() / max(framed.sum(), 1)),
    )
