"""Furniture and pictures on the walls. Metres; each piece stands on the floor around (x, y)."""

from __future__ import annotations

import numpy as np

from scenes.blocks import ACCENT_COLOURS, FLOOR_COLOURS, WALL_COLOURS, Ball, Box, choose, shade


def hang_pictures(
    rng: np.random.Generator, x: float, length: float, y: float, gaps: list[tuple[float, float]]
) -> list[Box]:
    """Posters and windows on the wall at `y` (its far side), clear of the doors."""
    boxes = []
    for _ in range(int(rng.integers(2, 5))):
        left, wide, high = x + rng.uniform(0.3, length - 1.8), rng.uniform(0.5, 1.4), rng.uniform(0.5, 1.0)
        if any(left < gap[1] + 0.2 and left + wide > gap[0] - 0.2 for gap in gaps):
            continue
        low = rng.uniform(1.1, 1.5)
        frame, inside = choose(rng, ACCENT_COLOURS), choose(rng, ACCENT_COLOURS + WALL_COLOURS)
        boxes.append(Box((left, y - 0.03, low), (left + wide, y, low + high), shade(frame, 0.8)))
        boxes.append(Box((left + 0.05, y - 0.035, low + 0.05), (left + wide - 0.05, y, low + high - 0.05), inside))
    return boxes


def _table(rng: np.random.Generator, x: float, y: float) -> list[Box]:
    top, half, deep = rng.uniform(0.68, 0.78), rng.uniform(0.5, 0.8), rng.uniform(0.3, 0.45)
    colour = choose(rng, FLOOR_COLOURS)
    corners = [(x + sx * half, y + sy * deep) for sx in (-0.9, 0.9) for sy in (-0.85, 0.85)]
    legs = [Box((cx - 0.03, cy - 0.03, 0), (cx + 0.03, cy + 0.03, top), (60, 60, 62)) for cx, cy in corners]
    return [*legs, Box((x - half, y - deep, top - 0.04), (x + half, y + deep, top), colour)]


def _shelf(rng: np.random.Generator, x: float, y: float) -> list[Box]:
    half, deep, high = rng.uniform(0.4, 0.6), 0.17, rng.uniform(1.1, 1.9)
    frame = choose(rng, ACCENT_COLOURS + FLOOR_COLOURS)
    boxes = [Box((x - half, y - deep, 0), (x + half, y + deep, high), frame)]
    for level in np.arange(0.1, high - 0.3, 0.37):
        place = x - half + 0.05
        while place < x + half - 0.12:
            wide = float(rng.uniform(0.03, 0.09))
            tall = float(rng.uniform(0.18, 0.3))
            spine = choose(rng, ACCENT_COLOURS + WALL_COLOURS)
            boxes.append(Box((place, y - deep - 0.01, level), (place + wide * 0.9, y, level + tall), spine))
            place += wide
    return boxes


def _sofa(rng: np.random.Generator, x: float, y: float) -> list[Box]:
    colour, half = choose(rng, ACCENT_COLOURS), rng.uniform(0.6, 0.9)
    return [
        Box((x - half, y - 0.38, 0.08), (x + half, y + 0.38, 0.43), colour),
        Box((x - half, y + 0.2, 0.43), (x + half, y + 0.38, 0.85), shade(colour, 0.9)),
        Box((x - half, y - 0.38, 0.43), (x - half + 0.16, y + 0.38, 0.62), shade(colour, 0.95)),
        Box((x + half - 0.16, y - 0.38, 0.43), (x + half, y + 0.38, 0.62), shade(colour, 0.95)),
    ]


def _plant(rng: np.random.Generator, x: float, y: float) -> tuple[list[Box], list[Ball]]:
    pot = Box((x - 0.16, y - 0.16, 0), (x + 0.16, y + 0.16, 0.34), choose(rng, ACCENT_COLOURS))
    leaves = []
    for _ in range(9):
        dx, dy, z = rng.uniform([-0.22, -0.22, 0.45], [0.22, 0.22, 1.2])
        green = shade((52, 96, 48), float(rng.uniform(0.6, 1.3)))
        radii = tuple(float(r) for r in rng.uniform(0.07, 0.2, 3))
        leaves.append(Ball((x + dx, y + dy, float(z)), (radii[0], radii[1], radii[2]), green))
    return [pot], leaves


FURNITURE = ("table", "shelf", "sofa", "plant")
FURNITURE_RADIUS = {"table": 0.75, "shelf": 0.6, "sofa": 0.8, "plant": 0.35}


def furnish(
    rng: np.random.Generator, x: float, length: float, width: float, clear: list[tuple[float, float]], count: int
) -> tuple[list[Box], list[Ball], list[tuple[float, float, float]]]:
    """Pieces along the far wall and a table or plant in the room, clear of doors."""
    boxes: list[Box] = []
    balls: list[Ball] = []
    taken: list[tuple[float, float, float]] = []
    for _ in range(count):
        kind = FURNITURE[int(rng.integers(len(FURNITURE)))]
        radius = FURNITURE_RADIUS[kind]
        for _attempt in range(20):
            px = x + rng.uniform(0.8, length - 0.8)
            py = width - 0.45 if kind in ("shelf", "sofa") else rng.uniform(0.25, 0.9) * width
            near_wall = py > width - 0.7 or py < 0.7
            apart = all(np.hypot(px - tx, py - ty) > radius + tr + 0.3 for tx, ty, tr in taken)
            if apart and all(np.hypot(px - cx, py - cy) > radius + (0.9 if near_wall else 1.2) for cx, cy in clear):
                break
        else:
            continue
        taken.append((float(px), float(py), radius))
        if kind == "plant":
            pot, leaves = _plant(rng, px, py)
            boxes += pot
            balls += leaves
        else:
            boxes += {"table": _table, "shelf": _shelf, "sofa": _sofa}[kind](rng, px, py)
    return boxes, balls, taken
