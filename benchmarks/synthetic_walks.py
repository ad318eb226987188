"""Options of a synthetic world, and how its people walk before its cameras (see `synthetic_world`)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sample_scene.camera import Camera

AREA_M = (9.0, 6.0)
"""What one camera sees of the floor, along x and y."""
IMAGE_PX = (1280, 720)
FOCAL_PX = 620.0
BACK_M, HEIGHT_M = 3.5, 3.2
"""Cameras hang this far before the middle of their area's lower edge, at this height."""
WIDTH_PER_HEIGHT = 0.36
"""Of a person's box."""


@dataclass(frozen=True)
class WorldOptions:
    """What the world is like.

    Attributes:
        people: Number of people.
        cameras: Number of cameras.
        similarity: Expected cosine of two tracklets of one person in different cameras, in (0, 1).
        camera_share: Share of what differs between views that is the camera's own colour cast.
        crop_noise: Share of a single crop's embedding that is unlike its tracklet's mean.
        minutes: Length of the videos.
        fps: Frames per second.
        visits: Mean number of areas that a person walks through.
        gap_m: Between neighbouring areas; negative overlaps.
        miss_rate: Share of boxes that the detector misses.
        box_noise: Deviation of a box's edges, relative to its height.
        breaks_per_minute: How often tracks break, per minute of tracklet.
        mixed_rate: Share of tracklets that go over to another person who is near.
        seed: Of everything.
    """

    people: int = 30
    cameras: int = 4
    similarity: float = 0.5
    camera_share: float = 0.2
    crop_noise: float = 0.3
    minutes: float = 3.0
    fps: float = 5.0
    visits: float = 4.0
    gap_m: float = 4.0
    miss_rate: float = 0.05
    box_noise: float = 0.02
    breaks_per_minute: float = 1.0
    mixed_rate: float = 0.0
    seed: int = 0


def areas(options: WorldOptions) -> tuple[NDArray[np.float64], list[list[int]]]:
    """Lower left corners of the areas, (cameras, 2), and each area's neighbours, on a grid as square as can be."""
    columns = int(np.ceil(np.sqrt(options.cameras)))
    cells = np.array([(k % columns, k // columns) for k in range(options.cameras)])
    corners = cells * (np.array(AREA_M) + options.gap_m)
    apart = np.abs(cells[:, None] - cells[None]).sum(axis=2)
    neighbours = [np.flatnonzero(row == 1).tolist() for row in apart]
    return corners, neighbours


def camera_over(name: str, corner: NDArray[np.float64]) -> Camera:
    """The camera that sees the area with this lower left corner."""
    x, y = corner
    middle = x + AREA_M[0] / 2
    return Camera(name, (middle, y - BACK_M, HEIGHT_M), (middle, y + AREA_M[1] * 0.4, 0.8), FOCAL_PX, *IMAGE_PX)


def walk(rng: np.random.Generator, options: WorldOptions, corners: NDArray, neighbours: list[list[int]]) -> NDArray:
    """One person's place in every frame, float64 (frames, 2), NaN before they come and after they leave."""
    frames = round(options.minutes * 60 * options.fps)
    area = int(rng.integers(options.cameras))
    points = []
    for _ in range(1 + rng.poisson(max(options.visits - 1, 0))):
        for _ in range(int(rng.integers(1, 4))):
            points.append(corners[area] + rng.uniform(0.4, np.array(AREA_M) - 0.4))
        if neighbours[area]:
            area = int(rng.choice(neighbours[area]))
    way = np.array(points)
    lengths = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(way, axis=0).T))])
    speed = rng.uniform(0.9, 1.6)
    start_s = rng.uniform(-0.1, 0.9) * max(options.minutes * 60 - lengths[-1] / speed, 10.0)
    walked = (np.arange(frames) / options.fps - start_s) * speed
    places = np.column_stack([np.interp(walked, lengths, way[:, k]) for k in (0, 1)])
    places[(walked < 0) | (walked > max(lengths[-1], 2 * speed))] = np.nan
    return places


def person_boxes(camera: Camera, places: NDArray[np.float64], height: float) -> NDArray[np.float64]:
    """Boxes of somebody of a height in metres who stands at places (N, 2), float64 (N, 4) in pixels."""
    feet, _ = camera.project(np.column_stack([places, np.zeros(len(places))]))
    heads, _ = camera.project(np.column_stack([places, np.full(len(places), height)]))
    half = 0.5 * WIDTH_PER_HEIGHT * (feet[:, 1] - heads[:, 1])
    return np.column_stack([feet[:, 0] - half, heads[:, 1], feet[:, 0] + half, feet[:, 1]])
