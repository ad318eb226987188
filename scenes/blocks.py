"""Blocks and balls of one colour, which walls and furniture are made of, and colours of interiors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Colour = tuple[int, int, int]
"""Red, green, blue, 0 to 255."""

FLOOR_COLOURS = ((168, 158, 142), (142, 112, 82), (110, 114, 122), (186, 182, 174), (120, 98, 88), (96, 112, 104))
WALL_COLOURS = ((214, 210, 200), (196, 204, 210), (218, 206, 184), (190, 198, 186), (224, 222, 220), (206, 190, 184))
ACCENT_COLOURS = ((62, 86, 120), (130, 58, 48), (70, 100, 76), (40, 42, 46), (176, 150, 96), (150, 152, 156))


@dataclass(frozen=True)
class Box:
    """A block of one colour: two opposite corners in metres."""

    low: tuple[float, float, float]
    high: tuple[float, float, float]
    colour: Colour


@dataclass(frozen=True)
class Ball:
    """An ellipsoid, such as the leaves of a plant."""

    centre: tuple[float, float, float]
    radii: tuple[float, float, float]
    colour: Colour


def shade(colour: Colour, factor: float) -> Colour:
    """A lighter or darker colour."""
    red, green, blue = (int(np.clip(value * factor, 0, 255)) for value in colour)
    return red, green, blue


def choose(rng: np.random.Generator, colours: tuple[Colour, ...]) -> Colour:
    """One of the colours, a little lighter or darker."""
    return shade(colours[int(rng.integers(len(colours)))], float(rng.uniform(0.85, 1.1)))
