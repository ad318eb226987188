"""Options of a synthetic world, and how its people walk before its cameras (see `synthetic_world`)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.worlds.sightings import SightingOptions
from scenes.camera import Camera

AREA_M = (9.0, 6.0)
"""What one camera sees of the floor, along x and y."""
IMAGE_PX = (1280, 720)
FOCAL_PX = 620.0
BACK_M, HEIGHT_M = 3.5, 3.2
"""Cameras hang this far before the middle of their area's lower edge, at this height."""
WIDTH_PER_HEIGHT = 0.36
"""Of a person's box."""


@dataclass(frozen=True)
class WorldOptions(SightingOptions):
    """What the world is like, and how well its people are seen.

    Attributes:
        people: Number of people.
        cameras: Number of cameras.
        minutes: Length of the videos.
        visits: Mean number of areas that a person walks through.
        gap_m: Between neighbouring areas; negative overlaps.
    """

    people: int = 30
    cameras: int = 4
    minutes: float = 3.0
    visits: float = 4.0
    gap_m: float = 4.0

    @property
    def frames(self) -> int:
        """Number of frames of each video."""
        return round(self.minutes * 60 * self.fps)


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
    walked = (np.arange(options.frames) / options.fps - start_s) * speed
    places = np.column_stack([np.interp(walked, lengths, way[:, k]) for k in (0, 1)])
    places[(walked < 0) | (walked > max(lengths[-1], 2 * speed))] = np.nan
    return places


def person_boxes(camera: Camera, places: NDArray[np.float64], height: float) -> NDArray[np.float64]:
    """Boxes of somebody of a height in metres who stands at places (N, 2), float64 (N, 4) in pixels."""
    feet, _ = camera.project(np.column_stack([places, np.zeros(len(places))]))
    heads, _ = camera.project(np.column_stack([places, np.full(len(places), height)]))
    half = 0.5 * WIDTH_PER_HEIGHT * (feet[:, 1] - heads[:, 1])
    return np.column_stack([feet[:, 0] - half, heads[:, 1], feet[:, 0] + half, feet[:, 1]])
