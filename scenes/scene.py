"""A whole scene: people with clothes who walk through rooms, seen by cameras, as pictures with ground truth.

    scene = Scene(SceneOptions(people=5, cameras=2, seconds=12, seed=0))
    for instant in scene.instants():            # one Picture per camera
        ...

Everything follows from the options: the same seed gives the same people, walks and pictures.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crosscam.base.errors import InputError
from scenes.body import MODEL_HEIGHT
from scenes.camera import Camera
from scenes.clothes import paint, random_outfit
from scenes.crowd import STEP_S, Walks, random_route, simulate
from scenes.figure import Figure, build_figure
from scenes.ground_truth import PersonBox, measure_person
from scenes.renderer import Pose, SceneRenderer
from scenes.room import Hall, build_hall
from scenes.sensor import Sensor, random_sensor
from scenes.walk import WALKING_SPEED, Gait, joint_rotations, pose, random_gait, stride_length

CAMERA_HEIGHT_M = 2.75
CORNER_M = 0.35
"""Cameras hang in a corner of their room, this far from both walls."""
FOCAL_PER_WIDTH = 0.67
"""Focal length relative to the width of the picture: a field of view of about 73 degrees."""
MAX_SWING = 1.15


@dataclass(frozen=True)
class SceneOptions:
    """What to show.

    Attributes:
        people: Number of people.
        cameras: Number of cameras, one room each.
        seconds: Length of the videos.
        width: Of the pictures in pixels.
        height: Of the pictures in pixels.
        fps: Pictures per second.
        seed: Of everything that is left to chance.

    Raises:
        InputError: A number is too small.
    """

    people: int = 5
    cameras: int = 2
    seconds: float = 12.0
    width: int = 640
    height: int = 360
    fps: float = 25.0
    seed: int = 0

    def __post_init__(self) -> None:
        for name, least in (("people", 0), ("cameras", 1), ("seconds", 0), ("width", 16), ("height", 16), ("fps", 0.1)):
            if getattr(self, name) < least:
                raise InputError(f"{name} must be at least {least}, got {getattr(self, name)}")

    @property
    def frames(self) -> int:
        """Pictures per camera."""
        return round(self.seconds * self.fps)


@dataclass(frozen=True, eq=False)
class Picture:
    """One frame of one camera.

    Attributes:
        camera: Name.
        index: Of the frame, from 0.
        time_s: Seconds since the start.
        image: uint8 (H, W, 3), blue, green, red.
        people: Boxes of everybody before the camera, also of those who are hidden.
    """

    camera: str
    index: int
    time_s: float
    image: NDArray[np.uint8]
    people: tuple[PersonBox, ...]


def hall_cameras(hall: Hall, options: SceneOptions) -> list[Camera]:
    """One camera in a corner of each room; neighbours look towards each other or away from each other in turn."""
    cameras = []
    for room in range(options.cameras):
        start, end = room * hall.room_length, (room + 1) * hall.room_length
        looks_up = room % 2 == 0  # along +x
        x, y = (start + CORNER_M, CORNER_M) if looks_up else (end - CORNER_M, hall.width - CORNER_M)
        target = (start + 0.62 * hall.room_length, 0.6 * hall.width) if looks_up else (
            start + 0.38 * hall.room_length, 0.4 * hall.width)  # fmt: skip
        focal = FOCAL_PER_WIDTH * options.width
        place = (x, y, CAMERA_HEIGHT_M)
        cameras.append(Camera(f"cam{room + 1}", place, (*target, 0.85), focal, options.width, options.height))
    return cameras


def plan_walks(options: SceneOptions) -> tuple[Hall, Walks]:
    """The hall and everybody's way through it, without any picture."""
    hall_rng, walk_rng = np.random.default_rng([options.seed, 0]), np.random.default_rng([options.seed, 1])
    hall = build_hall(hall_rng, options.cameras)
    routes = [random_route(walk_rng, hall, person, options.seconds) for person in range(options.people)]
    return hall, simulate(hall, routes, options.seconds)


class Scene:
    """The people, rooms and cameras that follow from some options."""

    def __init__(self, options: SceneOptions) -> None:
        self.options = options
        self.hall, self.walks = plan_walks(options)
        self.cameras = hall_cameras(self.hall, options)
        look = np.random.default_rng([options.seed, 2])
        self.sensors: list[Sensor] = [random_sensor(look) for _ in self.cameras]
        self.gaits: list[Gait] = []
        self.figures: list[Figure] = []
        colours = []
        for person in range(options.people):
            rng = np.random.default_rng([options.seed, 3, person])
            outfit = random_outfit(rng, person)
            figure = build_figure(outfit, float(rng.uniform(1.58, 1.88)))
            self.figures.append(figure)
            self.gaits.append(random_gait(rng))
            colours.append(paint(rng, outfit, figure.parts, figure.rest))
        self._renderer = SceneRenderer(self.hall, self.figures, colours, (options.width, options.height), look)

    def poses(self, time_s: float) -> list[Pose | None]:
        """Everybody's body at a time; None for those who are not there."""
        step = min(round(time_s / STEP_S), len(self.walks.positions) - 1)
        return [self._pose(person, step) for person in range(self.options.people)]

    def _pose(self, person: int, step: int) -> Pose | None:
        if not self.walks.present[step, person]:
            return None
        figure = self.figures[person]
        cycle = self.walks.walked[step, person] / stride_length(figure.scale * MODEL_HEIGHT) + 0.37 * person
        swing = min(self.walks.speeds[step, person] / WALKING_SPEED, MAX_SWING)
        rotations = joint_rotations(cycle % 1.0, swing, self.gaits[person])
        return pose(figure, rotations, self.walks.positions[step, person], self.walks.headings[step, person])

    def instants(self) -> Iterator[list[Picture]]:
        """All frames in order of time, for each instant one per camera."""
        for index in range(self.options.frames):
            time_s = index / self.options.fps
            poses = self.poses(time_s)
            self._renderer.place(poses)
            yield [self._picture(number, index, time_s, poses) for number in range(len(self.cameras))]

    def _picture(self, number: int, index: int, time_s: float, poses: list[Pose | None]) -> Picture:
        camera = self.cameras[number]
        image, depth = self._renderer.draw(camera)
        noise = np.random.default_rng([self.options.seed, 4, number, index])
        measured = [
            measure_person(person, *posed, camera, depth) for person, posed in enumerate(poses, 1) if posed is not None
        ]
        people = tuple(box for box in measured if box is not None)
        return Picture(camera.name, index, time_s, self.sensors[number].expose(noise, image), people)

    def close(self) -> None:
        """Free the renderer."""
        self._renderer.close()
