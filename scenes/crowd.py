"""Who is where: people walk from door to door through the rooms and around each other and the furniture.

Steering after the social force model (Helbing and Molnar, Phys. Rev. E 1995): a pull towards the next point of the
route, a push away from people and obstacles.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from scenes.room import Hall

STEP_S = 0.04
"""Time step of the simulation, in seconds."""
RELAXATION_S = 0.45
"""Time in which a person takes up the wished velocity."""
PERSONAL_RADIUS = 0.62
"""People push each other away below about this distance, in metres."""
REACHED_M = 0.7
"""A point of the route is passed at this distance."""
FILLED = 0.8
"""Share of the video that a person's route should fill."""
OUTSIDE_M = 1.1
"""People start and end this far behind a door."""


@dataclass(frozen=True, eq=False)
class Route:
    """Where one person wants to go.

    Attributes:
        points: (P, 2) from the start to the end, metres.
        start_s: When they set off.
        speed: Wished speed, metres per second.
    """

    points: NDArray[np.float64]
    start_s: float
    speed: float


@dataclass(frozen=True, eq=False)
class Walks:
    """The simulated crowd, one row per time step of `STEP_S`.

    Attributes:
        positions: float64 (steps, people, 2), metres.
        headings: float64 (steps, people), radians, where each person looks.
        speeds: float64 (steps, people), metres per second.
        walked: float64 (steps, people), metres walked since the start.
        present: bool (steps, people), from setting off to the end of the route.
    """

    positions: NDArray[np.float64]
    headings: NDArray[np.float64]
    speeds: NDArray[np.float64]
    walked: NDArray[np.float64]
    present: NDArray[np.bool_]


def _behind(hall: Hall, door: int) -> NDArray[np.float64]:
    """The place outside a door."""
    x, y = hall.doors[door]
    return np.array([x, y + OUTSIDE_M if y > hall.width / 2 else y - OUTSIDE_M])


def _inside(hall: Hall, door: int) -> NDArray[np.float64]:
    """The place just inside a door."""
    x, y = hall.doors[door]
    return np.array([x, y - 0.5 if y > hall.width / 2 else y + 0.5])


def _free_point(rng: np.random.Generator, hall: Hall, room: int) -> NDArray[np.float64]:
    """A place in a room, not on furniture."""
    point = np.zeros(2)
    for _ in range(30):
        point = rng.uniform(
            [room * hall.room_length + 1.2, 1.2], [(room + 1) * hall.room_length - 1.2, hall.width - 1.4]
        )
        gaps = np.hypot(*(hall.obstacles[:, :2] - point).T) - hall.obstacles[:, 2]
        if (gaps > 0.5).all():
            break
    return point


def _through(rng: np.random.Generator, hall: Hall, room: int, towards: int) -> list[NDArray[np.float64]]:
    """Points that lead through the opening from `room` to its neighbour `towards`."""
    wall = max(room, towards) * hall.room_length
    y = rng.uniform(hall.opening[0] + 0.5, hall.opening[1] - 0.5)
    side = 0.7 * np.sign(towards - room)
    return [np.array([wall - side, y]), np.array([wall + side, y])]


def _rooms_on_the_way(rng: np.random.Generator, rooms: int, person: int, count: int) -> list[int]:
    """Rooms that a person visits one after the other, `count` or all.

    People of even number begin in a lower room and go up, those of odd number the other way, so that they meet; who
    comes to the end of the row turns round.
    """
    visited = [int(rng.integers(max(rooms - 1, 1))) + (person % 2 if rooms > 1 else 0)]
    direction = 1 if person % 2 == 0 else -1
    while len(visited) < count and rooms > 1:
        if not 0 <= visited[-1] + direction < rooms:
            direction = -direction
        visited.append(visited[-1] + direction)
    return visited


def random_route(rng: np.random.Generator, hall: Hall, person: int, seconds: float) -> Route:
    """A route in through a door, through neighbouring rooms, and out through another door.

    It is as long as fills most of `seconds`, at least through two rooms where there are two, and lies in the middle
    of them.
    """
    speed = float(rng.uniform(1.05, 1.5))
    count = max(2, round(FILLED * seconds * speed / hall.room_length))
    rooms = _rooms_on_the_way(rng, hall.rooms, person, count)
    start_doors, end_doors = np.flatnonzero(hall.door_rooms == rooms[0]), np.flatnonzero(hall.door_rooms == rooms[-1])
    start = int(start_doors[(person // 2) % len(start_doors)])
    end = int(rng.choice(end_doors[end_doors != start]))
    points = [_behind(hall, start), _inside(hall, start), _free_point(rng, hall, rooms[0])]
    for room, following in pairwise(rooms):
        points += [*_through(rng, hall, room, following), _free_point(rng, hall, following)]
    for _ in range(count - len(rooms)):  # a hall of one room: stay for a while
        points.append(_free_point(rng, hall, rooms[-1]))
    points += [_inside(hall, end), _behind(hall, end)]
    way = np.array(points)
    duration = float(np.hypot(*np.diff(way, axis=0).T).sum()) / speed
    return Route(way, float(rng.uniform(0.38, 0.62)) * seconds - duration / 2, speed)


def _push(gaps: NDArray[np.float64], reach: float) -> NDArray[np.float64]:
    """Strength of a push at a distance beyond contact, metres per second squared."""
    return 6.0 * np.exp(-np.maximum(gaps, -0.3) / reach)


def _forces(position: NDArray, velocity: NDArray, others: NDArray, hall: Hall) -> NDArray[np.float64]:
    """Push on one person from the others (N, 2) and the furniture, with a little swerve to the right."""
    force = np.zeros(2)
    if len(others):
        away = position - others
        distance = np.maximum(np.hypot(*away.T), 1e-3)
        force += (away / distance[:, None] * _push(distance - PERSONAL_RADIUS, 0.16)[:, None]).sum(axis=0)
        ahead = ((others - position) @ velocity > 0) & (distance < 2.5)
        if ahead.any():
            speed = max(float(np.hypot(*velocity)), 1e-3)
            force += 0.55 * np.array([velocity[1], -velocity[0]]) / speed * np.exp(-distance[ahead].min() / 1.4)
    if len(hall.obstacles):
        away = position - hall.obstacles[:, :2]
        distance = np.maximum(np.hypot(*away.T), 1e-3)
        gaps = distance - hall.obstacles[:, 2] - 0.25
        force += (away / distance[:, None] * _push(gaps, 0.14)[:, None]).sum(axis=0)
    return force


def simulate(hall: Hall, routes: list[Route], seconds: float) -> Walks:
    """Let everybody walk for `seconds`; routes that start before 0 are under way at 0."""
    early = min([0.0, *(route.start_s for route in routes)])
    skipped, steps, people = round(-early / STEP_S), round(seconds / STEP_S) + 2, len(routes)
    position = np.array([route.points[0] for route in routes]).reshape(people, 2)
    heading = np.array([np.arctan2(*(r.points[1] - r.points[0])[::-1]) for r in routes])
    velocity, walked, goal = np.zeros((people, 2)), np.zeros(people), np.ones(people, int)
    history: dict[str, list[NDArray]] = {name: [] for name in ("positions", "headings", "speeds", "walked", "present")}
    for step in range(skipped + steps):
        now = early + step * STEP_S
        present = np.array([r.start_s <= now and goal[p] < len(r.points) for p, r in enumerate(routes)], bool)
        velocities = velocity.copy()
        for p in np.flatnonzero(present):
            others = position[present & (np.arange(people) != p)]
            towards = routes[p].points[goal[p]] - position[p]
            wished = routes[p].speed * towards / max(float(np.hypot(*towards)), 1e-3)
            pull = (wished - velocity[p]) / RELAXATION_S
            velocities[p] = velocity[p] + STEP_S * (pull + _forces(position[p], velocity[p], others, hall))
            speed = float(np.hypot(*velocities[p]))
            velocities[p] *= min(1.0, 1.3 * routes[p].speed / max(speed, 1e-3))
            goal[p] += float(np.hypot(*towards)) < REACHED_M
        velocity = np.where(present[:, None], velocities, 0.0)
        position = position + STEP_S * velocity
        speed = np.hypot(*velocity.T)
        walked = walked + STEP_S * speed
        turn = (np.arctan2(velocity[:, 1], velocity[:, 0]) - heading + np.pi) % (2 * np.pi) - np.pi
        heading = heading + np.where(speed > 0.15, np.clip(turn, -4.0 * STEP_S, 4.0 * STEP_S), 0.0)
        if step >= skipped:
            for name, value in zip(history, (position, heading, speed, walked, present), strict=True):
                history[name].append(value)
    stacked = {name: np.array(rows) for name, rows in history.items()}
    return Walks(**stacked)
