"""Single pictures of random rooms, people, cameras and lights: training images for a detector."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from scenes.camera import Camera
from scenes.clothes import paint, random_outfit
from scenes.figure import Figure, build_figure
from scenes.files import clip_box
from scenes.ground_truth import PersonBox, measure_person
from scenes.renderer import Pose, SceneRenderer
from scenes.room import Hall, build_hall
from scenes.sensor import random_sensor
from scenes.walk import joint_rotations, pose, random_gait

PICTURES_PER_ROOM = 8
"""Views of one room with the same people, newly placed: making a body takes longer than drawing it."""
MIN_UNHIDDEN = 0.2
MIN_SIDE_PX = 6.0
"""People of whom a smaller share, or less, is seen inside the picture get no label."""
COLUMNS = ("image", "width", "height", "x1", "y1", "x2", "y2", "visible_x1", "visible_y1", "visible_x2", "visible_y2",
           "visibility")  # fmt: skip


@dataclass(frozen=True, eq=False)
class LabelledImage:
    """A picture, uint8 (H, W, 3), blue, green, red, and who is in it."""

    image: NDArray[np.uint8]
    people: tuple[PersonBox, ...]


def _random_room(rng: np.random.Generator) -> Hall:
    length, width = rng.uniform([4.5, 4.5], [14.0, 10.0])
    return build_hall(rng, 1, float(length), float(width), float(rng.uniform(2.6, 4.2)), int(rng.integers(0, 8)))


def _random_camera(rng: np.random.Generator, hall: Hall, size: tuple[int, int]) -> Camera:
    """Somewhere near a wall, at eye level or high up, looking into the room."""
    x, y = rng.uniform(0.25, [hall.length - 0.25, hall.width - 0.25])
    side = int(rng.integers(4))
    if side < 2:
        x = (0.25, hall.length - 0.25)[side]
    else:
        y = (0.25, hall.width - 0.25)[side - 2]
    z = float(rng.uniform(1.2, hall.height - 0.15))
    target = rng.uniform([0.3 * hall.length, 0.3 * hall.width, 0.4], [0.7 * hall.length, 0.7 * hall.width, 1.4])
    focal = float(rng.uniform(0.5, 1.25)) * size[0]
    place = (float(x), float(y), z)
    return Camera("camera", place, (float(target[0]), float(target[1]), float(target[2])), focal, *size)


def _random_pose(rng: np.random.Generator, hall: Hall, figure: Figure, taken: list[NDArray[np.float64]]) -> Pose | None:
    """Somebody who walks or stands where nobody else is."""
    for _ in range(10):
        place = rng.uniform(0.35, [hall.length - 0.35, hall.width - 0.35])
        apart = all(np.hypot(*(place - other)) > 0.42 for other in taken)
        free = (np.hypot(*(hall.obstacles[:, :2] - place).T) > 0.8 * hall.obstacles[:, 2]).all()
        if apart and free:
            taken.append(place)
            swing = 0.0 if rng.random() < 0.3 else float(rng.uniform(0.4, 1.15))
            rotations = joint_rotations(float(rng.random()), swing, random_gait(rng))
            return pose(figure, rotations, place, float(rng.uniform(-np.pi, np.pi)))
    return None


def random_images(count: int, size: tuple[int, int], seed: int) -> Iterator[LabelledImage]:
    """Make `count` pictures of `size` (width, height) pixels; the same seed gives the same pictures."""
    made = 0
    while made < count:
        rng = np.random.default_rng([seed, 7, made])
        hall, people = _random_room(rng), int(rng.integers(1, 9))
        figures, colours = [], []
        for _ in range(people):
            outfit = random_outfit(rng)
            height = float(rng.uniform(1.1, 1.45)) if rng.random() < 0.06 else float(rng.uniform(1.52, 1.95))
            figures.append(build_figure(outfit, height))
            colours.append(paint(rng, outfit, figures[-1].parts, figures[-1].rest))
        renderer = SceneRenderer(hall, figures, colours, size, rng, float(rng.uniform(0.6, 1.4)))
        for _ in range(min(PICTURES_PER_ROOM, count - made)):
            yield _random_image(rng, renderer, hall, figures, size)
            made += 1
        renderer.close()


def _random_image(
    rng: np.random.Generator, renderer: SceneRenderer, hall: Hall, figures: list[Figure], size: tuple[int, int]
) -> LabelledImage:
    """A new view of a room, everybody placed anew, some away."""
    camera, taken = _random_camera(rng, hall, size), [np.zeros(2)]
    taken[0] = np.array(camera.position[:2])  # nobody stands in the camera
    poses = [_random_pose(rng, hall, figure, taken) if rng.random() < 0.8 else None for figure in figures]
    renderer.place(poses)
    image, depth = renderer.draw(camera)
    people = [measure_person(k, *posed, camera, depth) for k, posed in enumerate(poses, 1) if posed is not None]
    image = random_sensor(rng, float(rng.uniform(0.3, 1.0))).expose(rng, image)
    return LabelledImage(image, tuple(person for person in people if person is not None))


def _label_rows(name: str, picture: LabelledImage) -> list[list[str]]:
    """Rows of `labels.csv`; a picture without anybody has one with empty boxes."""
    height, width = picture.image.shape[:2]
    rows = []
    for person in picture.people:
        full = clip_box(person.full, width, height)
        if person.visible is None or person.unhidden < MIN_UNHIDDEN or (full[2:] - full[:2] < MIN_SIDE_PX).any():
            continue
        numbers = [f"{value:.1f}" for value in (*full, *person.visible)]
        rows.append([name, str(width), str(height), *numbers, f"{person.visibility:.2f}"])
    return rows or [[name, str(width), str(height), *[""] * 9]]


def write_random_scenes(
    folder: Path, count: int, size: tuple[int, int], seed: int, progress: Callable[[], None] = lambda: None
) -> int:
    """Write `images/*.jpg` and `labels.csv`.

    Args:
        folder: Made if it does not exist.
        count: Number of pictures.
        size: (width, height) in pixels.
        seed: Of everything.
        progress: Called after every picture.

    Returns:
        The number of labelled people.
    """
    (folder / "images").mkdir(parents=True, exist_ok=True)
    quality_rng, people = np.random.default_rng([seed, 8]), 0
    with (folder / "labels.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for number, picture in enumerate(random_images(count, size, seed)):
            name = f"scene_{number:05d}.jpg"
            quality = int(quality_rng.integers(45, 92))
            if not cv2.imwrite(str(folder / "images" / name), picture.image, [cv2.IMWRITE_JPEG_QUALITY, quality]):
                raise OSError(f"cannot write {folder / 'images' / name}")
            rows = _label_rows(name, picture)
            people += sum(bool(row[3]) for row in rows)
            writer.writerows(rows)
            progress()
    return people
