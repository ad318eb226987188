"""What a person wears and looks like: garments, colours, patterns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SKIN_TONES = ((233, 194, 166), (224, 172, 138), (198, 140, 104), (161, 106, 75), (110, 70, 48), (240, 205, 180))
HAIR_COLOURS = ((30, 24, 20), (62, 42, 28), (105, 72, 42), (176, 140, 84), (140, 138, 136), (90, 40, 22))
TOP_COLOURS = {
    "red": (172, 36, 40), "navy": (28, 40, 86), "white": (224, 224, 220), "black": (32, 32, 35), "green": (48, 108, 62),
    "yellow": (212, 172, 52), "grey": (128, 130, 134), "sky": (104, 156, 204), "orange": (206, 102, 38),
    "purple": (98, 58, 122), "beige": (196, 176, 142), "teal": (28, 116, 122), "pink": (208, 128, 148),
}  # fmt: skip
BOTTOM_COLOURS = {
    "jeans": (56, 76, 112), "black": (30, 30, 33), "khaki": (150, 132, 98), "grey": (92, 94, 98),
    "brown": (88, 64, 48), "olive": (84, 88, 58), "light jeans": (118, 142, 172), "white": (206, 204, 198),
}  # fmt: skip
SHOE_COLOURS = ((28, 28, 30), (222, 222, 218), (92, 60, 40), (120, 122, 126), (150, 40, 40))
PATTERNS = ("plain", "plain", "plain", "stripes", "checks", "block", "logo", "jacket")


@dataclass(frozen=True)
class Outfit:
    """How one person looks; colours are (red, green, blue), 0 to 255; lengths in metres.

    Attributes:
        pattern: Of the top, see `PATTERNS`; `second` is its other colour.
        top_looseness: How far the top stands off the body; likewise `bottom_looseness`.
        coat_length: How far the top reaches below the hips.
        skirt_length: 0 is trousers or shorts.
        girth: Depth of the torso, 1 is average.
    """

    skin: tuple[int, int, int]
    hair: tuple[int, int, int]
    top: tuple[int, int, int]
    second: tuple[int, int, int]
    bottom: tuple[int, int, int]
    shoe: tuple[int, int, int]
    bag: tuple[int, int, int]
    pattern: str = "plain"
    long_sleeves: bool = True
    long_bottom: bool = True
    long_hair: bool = False
    has_bag: bool = False
    top_looseness: float = 0.012
    bottom_looseness: float = 0.010
    coat_length: float = 0.0
    skirt_length: float = 0.0
    girth: float = 1.0


def _vary(rng: np.random.Generator, colour: tuple[int, int, int], by: float = 12.0) -> tuple[int, int, int]:
    """A colour near the given one."""
    red, green, blue = np.clip(np.array(colour) + rng.normal(0, by, 3) * 0.5 + rng.normal(0, by), 8, 245).astype(int)
    return int(red), int(green), int(blue)


def _pick(rng: np.random.Generator, colours: tuple[tuple[int, int, int], ...]) -> tuple[int, int, int]:
    return _vary(rng, colours[int(rng.integers(len(colours)))])


def random_outfit(rng: np.random.Generator, number: int | None = None) -> Outfit:
    """A random outfit.

    Args:
        rng: Source of chance.
        number: Of the person, from 0; numbers that differ by less than the number of colours have different tops.
            None draws the colours too.
    """
    tops, bottoms = list(TOP_COLOURS.values()), list(BOTTOM_COLOURS.values())
    first = int(rng.integers(len(tops))) if number is None else number % len(tops)
    low = int(rng.integers(len(bottoms))) if number is None else (3 * number + number // len(tops)) % len(bottoms)
    feminine = bool(rng.random() < 0.45)
    skirt = float(rng.uniform(0.3, 0.55)) if feminine and rng.random() < 0.3 else 0.0
    coat = float(rng.uniform(0.05, 0.5)) if rng.random() < 0.2 and skirt == 0 else float(rng.uniform(0, 0.08))
    return Outfit(
        skin=_pick(rng, SKIN_TONES),
        hair=_pick(rng, HAIR_COLOURS),
        top=_vary(rng, tops[first]),
        second=_vary(rng, tops[int(rng.integers(len(tops)))]),
        bottom=_vary(rng, bottoms[low]),
        shoe=_pick(rng, SHOE_COLOURS),
        bag=_vary(rng, tops[int(rng.integers(len(tops)))]),
        pattern=PATTERNS[int(rng.integers(len(PATTERNS)))],
        long_sleeves=bool(rng.random() < 0.6) or coat > 0.1,
        long_bottom=bool(rng.random() < 0.85) and skirt == 0,
        long_hair=feminine,
        has_bag=bool(rng.random() < 0.25),
        top_looseness=float(rng.uniform(0.005, 0.022)),
        bottom_looseness=float(rng.uniform(0.006, 0.024)),
        coat_length=coat,
        skirt_length=skirt,
        girth=float(rng.uniform(0.92, 1.25)),
    )


def _top_colours(outfit: Outfit, rest: NDArray[np.float32]) -> NDArray[np.float32]:
    """The pattern of the top at rest-pose points (N, 3), as colours (N, 3)."""
    x, y, z = rest.T
    second = {
        "plain": np.zeros(len(rest), bool),
        "stripes": np.mod(z, 0.09) < 0.04,
        "checks": (np.mod(z, 0.12) < 0.06) ^ (np.mod(y, 0.12) < 0.06),
        "block": (z > 1.30) & (np.abs(y) < 0.3),
        "logo": (x > 0.05) & (np.abs(y) < 0.08) & (z > 1.20) & (z < 1.34),
        "jacket": (x > 0.04) & (np.abs(y) < 0.035),
    }[outfit.pattern]
    return np.where(second[:, None], np.array(outfit.second), np.array(outfit.top)).astype(np.float32)


def _wrinkles(rng: np.random.Generator, rest: NDArray[np.float32]) -> NDArray[np.float32]:
    """Folds of cloth as brightness around 1, (N,): a few random waves, steeper across the limb than along it."""
    shade = np.zeros(len(rest), np.float32)
    for _ in range(7):
        direction = rng.normal(0, 1, 3) * np.array([28.0, 28.0, 16.0])
        shade += np.sin(rest @ direction.astype(np.float32) + np.float32(rng.uniform(0, 2 * np.pi)))
    return 1 + 0.035 * shade + rng.normal(0, 0.02, len(rest)).astype(np.float32)


def paint(
    rng: np.random.Generator, outfit: Outfit, parts: NDArray[np.str_], rest: NDArray[np.float32]
) -> NDArray[np.uint8]:
    """Colours of a figure's vertices, uint8 (V, 3), red, green, blue.

    Args:
        rng: For the folds of the cloth.
        outfit: What is worn.
        parts: What each vertex shows (`Figure.parts`).
        rest: Vertices in the rest pose, (V, 3).
    """
    colours = np.zeros((len(parts), 3), np.float32)
    for part in ("skin", "hair", "bottom", "shoe", "bag"):
        colours[parts == part] = getattr(outfit, part)
    colours[parts == "top"] = _top_colours(outfit, rest[parts == "top"])
    x, y, z = rest.T
    eyes = (x > 0.085) & (np.abs(np.abs(y) - 0.032) < 0.014) & (np.abs(z - 1.642) < 0.011)
    mouth = (x > 0.085) & (np.abs(y) < 0.024) & (np.abs(z - 1.568) < 0.008)
    colours[(parts == "skin") & eyes] *= 0.35
    colours[(parts == "skin") & mouth] *= np.array([0.8, 0.5, 0.5], np.float32)
    belt = (parts == "bottom") & (np.abs(z - 1.005) < 0.018) & (outfit.skirt_length == 0)
    colours[belt] = (40, 30, 26)
    cloth = np.isin(parts, ("top", "bottom", "bag", "hair"))
    colours[cloth] *= _wrinkles(rng, rest)[cloth, None]
    crotch = np.exp(-((np.abs(y) / 0.05) ** 2) - ((z - 0.78) / 0.12) ** 2)  # light hardly gets between the thighs
    armpit = np.exp(-((np.hypot(np.abs(y) - 0.20, z - 1.33) / 0.05) ** 2))
    colours *= (1 - 0.45 * crotch - 0.35 * armpit)[:, None]
    return np.clip(colours, 0, 255).astype(np.uint8)
