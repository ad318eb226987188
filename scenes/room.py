"""Rooms in a row, joined by wide openings: floor, walls, doors, furniture. Metres, z up, the row runs along x."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from scenes.blocks import FLOOR_COLOURS, WALL_COLOURS, Ball, Box, Colour, choose, shade
from scenes.furniture import furnish, hang_pictures

FLOOR_PIXELS_PER_M = 80
"""Sharpness of the floor's texture."""
WALL_THICKNESS = 0.12
DOOR_WIDTH, DOOR_HEIGHT = 1.2, 2.1
FLOORS = ("tiles", "planks", "carpet", "terrazzo")


@dataclass(frozen=True, eq=False)
class Hall:
    """Everything that does not move.

    Attributes:
        rooms: Number of rooms.
        room_length: Of each room along x, in metres.
        width: Along y.
        height: Of the ceiling.
        floor: uint8 (H, W, 3), red, green, blue: row 0 is y = 0, column 0 is x = 0, `FLOOR_PIXELS_PER_M`.
        ceiling: Its colour.
        boxes: Walls and furniture.
        balls: Plants.
        doors: (D, 2): middle of each door on the floor; door d belongs to room `door_rooms[d]`.
        obstacles: (O, 3): centre and radius of what people walk around.
        lamps: (L, 3): lights below the ceiling.
        opening: y from and to of the openings between rooms.
    """

    rooms: int
    room_length: float
    width: float
    height: float
    floor: NDArray[np.uint8] = field(repr=False)
    ceiling: Colour
    boxes: tuple[Box, ...] = field(repr=False)
    balls: tuple[Ball, ...] = field(repr=False)
    doors: NDArray[np.float64]
    door_rooms: NDArray[np.int64]
    obstacles: NDArray[np.float64]
    lamps: NDArray[np.float64]
    opening: tuple[float, float]

    @property
    def length(self) -> float:
        """Of the whole row along x, in metres."""
        return self.rooms * self.room_length


def _clouds(rng: np.random.Generator, shape: tuple[int, int], cell: int) -> NDArray[np.float32]:
    """Smooth noise of mean 0 and deviation about 1 with blobs of about `cell` pixels, float32 `shape`."""
    small = rng.normal(0, 1, (shape[0] // cell + 3, shape[1] // cell + 3)).astype(np.float32)
    return np.asarray(cv2.resize(small, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC), np.float32)


def floor_texture(rng: np.random.Generator, length: float, width: float, kind: str) -> NDArray[np.uint8]:
    """A picture of a floor, uint8 (H, W, 3), red, green, blue, `FLOOR_PIXELS_PER_M`."""
    shape = (round(width * FLOOR_PIXELS_PER_M), round(length * FLOOR_PIXELS_PER_M))
    colour = np.array(choose(rng, FLOOR_COLOURS), np.float32)
    y, x = np.mgrid[: shape[0], : shape[1]] / FLOOR_PIXELS_PER_M
    shade = 1 + 0.03 * _clouds(rng, shape, 40) + 0.02 * _clouds(rng, shape, 5)
    if kind == "tiles":
        size = float(rng.choice([0.4, 0.6, 0.9]))
        row, column = (y // size).astype(int), (x // size).astype(int)
        shade *= (1 + 0.05 * rng.normal(0, 1, (row.max() + 1, column.max() + 1)))[row, column]
        shade[(np.mod(x, size) < 0.02) | (np.mod(y, size) < 0.02)] *= 0.72
    elif kind == "planks":
        row = (y // 0.14).astype(int)
        shift = rng.uniform(0, 1.2, row.max() + 1)[row]
        column = ((x + shift) // 1.2).astype(int)
        shade *= (1 + 0.09 * rng.normal(0, 1, (row.max() + 1, column.max() + 1)))[row, column]
        shade[(np.mod(y, 0.14) < 0.013) | (np.mod(x + shift, 1.2) < 0.013)] *= 0.7
        shade += 0.03 * np.repeat(_clouds(rng, (shape[0], shape[1] // 16 + 1), 3), 16, axis=1)[:, : shape[1]]
    elif kind == "terrazzo":
        shade += 0.10 * (_clouds(rng, shape, 4) > 1.0) - 0.10 * (_clouds(rng, shape, 4) > 1.1)
    else:
        shade += rng.normal(0, 0.05, shape).astype(np.float32)
    return np.clip(colour * shade[..., None], 0, 255).astype(np.uint8)


def _wall_along_x(y: float, x_from: float, x_to: float, gaps: list[tuple[float, float]], height: float, colour: Colour,
                  outwards: float) -> list[Box]:  # fmt: skip
    """A wall at `y` with door gaps (x from, x to), a skirting board, and a lintel over each gap."""
    y_low, y_high = sorted((y, y + outwards * WALL_THICKNESS))
    board = (y - 0.015, y) if outwards > 0 else (y, y + 0.015)
    edges = [x_from, *(edge for gap in gaps for edge in gap), x_to]
    boxes = []
    for left, right in zip(edges[::2], edges[1::2], strict=True):
        boxes.append(Box((left, y_low, 0), (right, y_high, height), colour))
        boxes.append(Box((left, board[0], 0), (right, board[1], 0.1), shade(colour, 0.6)))
    for left, right in gaps:
        boxes.append(Box((left, y_low, DOOR_HEIGHT), (right, y_high, height), colour))
        for side in (left, right):
            boxes.append(Box((side - 0.05, y_low - 0.02, 0), (side + 0.05, y_high + 0.02, DOOR_HEIGHT), (92, 70, 52)))
    return boxes


def _partition(x: float, width: float, opening: tuple[float, float] | None, height: float, colour: Colour) -> list[Box]:
    """A wall across the row at `x`, with an opening or closed."""
    half = WALL_THICKNESS / 2
    if opening is None:
        return [Box((x - half, 0, 0), (x + half, width, height), colour)]
    return [
        Box((x - half, 0, 0), (x + half, opening[0], height), colour),
        Box((x - half, opening[1], 0), (x + half, width, height), colour),
        Box((x - half, opening[0], 2.4), (x + half, opening[1], height), colour),
    ]


def build_hall(
    rng: np.random.Generator,
    rooms: int,
    room_length: float = 8.0,
    width: float = 7.0,
    height: float = 3.0,
    pieces: int = 5,
) -> Hall:
    """Make `rooms` rooms in a row with `pieces` of furniture each."""
    opening = (0.34 * width, 0.34 * width + 2.6)
    boxes: list[Box] = []
    balls: list[Ball] = []
    obstacles: list[tuple[float, float, float]] = []
    doors, door_rooms, floors = [], [], []
    for room in range(rooms):
        x, colour = room * room_length, choose(rng, WALL_COLOURS)
        door_far, door_near = x + rng.uniform(0.3, 0.45) * room_length, x + rng.uniform(0.6, 0.75) * room_length
        doors += [(door_far, width), (door_near, 0.0)]
        door_rooms += [room, room]
        far_gap = [(door_far - DOOR_WIDTH / 2, door_far + DOOR_WIDTH / 2)]
        near_gap = [(door_near - DOOR_WIDTH / 2, door_near + DOOR_WIDTH / 2)]
        boxes += _wall_along_x(width, x, x + room_length, far_gap, height, colour, 1.0)
        boxes += _wall_along_x(0.0, x, x + room_length, near_gap, height, colour, -1.0)
        boxes += hang_pictures(rng, x, room_length, width, far_gap)
        if room:
            boxes += _partition(x, width, opening, height, shade(colour, 0.95))
        middle = (opening[0] + opening[1]) / 2
        clear = [(door_far, width), (door_near, 0.0), (x, middle), (x + room_length, middle)]
        more_boxes, more_balls, taken = furnish(rng, x, room_length, width, clear, pieces)
        boxes, balls, obstacles = boxes + more_boxes, balls + more_balls, obstacles + taken
        floors.append(floor_texture(rng, room_length, width, FLOORS[int(rng.integers(len(FLOORS)))]))
    for x in (-WALL_THICKNESS / 2, rooms * room_length + WALL_THICKNESS / 2):
        boxes += _partition(x, width, None, height, choose(rng, WALL_COLOURS))
    # dark corridors behind the doors
    boxes.append(Box((-0.1, width + 1.6, 0), (rooms * room_length + 0.1, width + 1.7, height), (88, 84, 80)))
    boxes.append(Box((-0.1, -1.7, 0), (rooms * room_length + 0.1, -1.6, height), (88, 84, 80)))
    lamps = [
        ((r + part) * room_length, width * y, height - 0.05)
        for r in range(rooms)
        for part in (0.28, 0.75)
        for y in (0.5,)
    ]
    return Hall(
        rooms, room_length, width, height, np.concatenate(floors, axis=1), (226, 224, 218), tuple(boxes), tuple(balls),
        np.array(doors), np.array(door_rooms), np.array(obstacles).reshape(-1, 3), np.array(lamps), opening,
    )  # fmt: skip
