"""A hand-made appearance descriptor, for use without any weights: colour and texture in horizontal rows.

After LOMO (Liao et al., Person Re-identification by Local Maximal Occurrence Representation, CVPR 2015): joint colour
histograms and SILTP texture of overlapping windows, and of every row of windows the maximum of each bin, which forgives
turning people. Departures, for speed and size: one scale, grey-world white balance instead of Retinex, coarser bins,
and a fixed random projection (Johnson and Lindenstrauss) that keeps the cosines in far fewer dimensions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np

from crosscam.base.images import check_crops
from crosscam.base.vectors import unit_rows
from reid.distance_scale import DistanceScale

HEIGHT, WIDTH, CELL = 120, 40, 10  # pixels; windows are 2 x 2 cells with a step of one cell
HUES, SATURATIONS, VALUES = 8, 4, 4
COLOURS = HUES * SATURATIONS * VALUES
TEXTURES = 81  # SILTP: 4 neighbours with 3 states each
TEXTURE_TOLERANCE = 0.3  # LOMO's tau
TEXTURE_RADIUS = 3  # pixels, LOMO's first radius
DIMENSION = 512
PROJECTION_SEED = 20150607
DISTANCES = DistanceScale(0.07, 0.04, 0.31)  # on MARS tracklets


class HandMadeDescriptor:
    """An embedder without weights. Far weaker than a trained one: for tests, teaching, and as a last resort."""

    device = "cpu"

    def __init__(self) -> None:
        self.dimension = DIMENSION
        self.name = f"descriptor-1-{DIMENSION}"
        self.parts: dict[str, Any] = {}
        self.distances: DistanceScale | None = DISTANCES
        rows = HEIGHT // CELL - 1
        size = rows * (COLOURS + TEXTURES)
        generator = np.random.default_rng(PROJECTION_SEED)
        self._projection = generator.standard_normal((size, DIMENSION)).astype(np.float32)

    def embed(self, crops: Sequence[np.ndarray]) -> np.ndarray:
        """Turn N BGR uint8 crops of any size into unit vectors, float32 (N, 512); N = 0 works.

        Raises:
            ValueError: A crop is empty or no BGR uint8 image.
        """
        if not len(crops):
            return np.zeros((0, self.dimension), np.float32)
        check_crops(crops)
        return unit_rows(np.stack([describe(crop) for crop in crops]) @ self._projection)


def describe(crop: np.ndarray) -> np.ndarray:
    """Row-wise maximal occurrence of colours and textures of one BGR uint8 crop, float32."""
    method = cv2.INTER_AREA if crop.shape[0] > HEIGHT else cv2.INTER_LINEAR
    image = balance(cv2.resize(crop, (WIDTH, HEIGHT), interpolation=method))
    parts = [(colour_codes(image), COLOURS, 1.0), (texture_codes(image), TEXTURES, 0.5)]
    described = []
    for codes, bins, weight in parts:
        values = np.log1p(maximal_occurrence(codes, bins)).ravel()
        described.append(weight * unit_rows(values))
    return np.concatenate(described)


def balance(image: np.ndarray) -> np.ndarray:
    """Grey-world white balance and a common brightness: the mean of every channel moves half-way (in ratio) to 110."""
    means = image.reshape(-1, 3).mean(0) + 1.0
    gain = np.sqrt(110.0 / means)
    tables = (np.arange(256)[:, None] * gain).clip(0, 255).astype(np.uint8)
    return cv2.LUT(image, tables[None])


def colour_codes(image: np.ndarray) -> np.ndarray:
    """Joint HSV bin of every pixel, int (H, W)."""
    hue, saturation, value = cv2.split(cv2.cvtColor(image, cv2.COLOR_BGR2HSV_FULL))
    bins = [
        plane.astype(np.int32) * count >> 8
        for plane, count in zip((hue, saturation, value), (HUES, SATURATIONS, VALUES), strict=True)
    ]
    return (bins[0] * SATURATIONS + bins[1]) * VALUES + bins[2]


def texture_codes(image: np.ndarray) -> np.ndarray:
    """Scale invariant local ternary pattern (Liao et al., CVPR 2010) of every pixel, int (H, W).

    Each of four neighbours is brighter than the centre by the tolerance (1), darker (2), or neither (0).
    """
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).astype(np.float32)
    padded = np.pad(grey, TEXTURE_RADIUS, mode="edge")
    upper, lower = grey * (1 + TEXTURE_TOLERANCE), grey * (1 - TEXTURE_TOLERANCE)
    codes = np.zeros(grey.shape, np.int32)
    for row, column in ((0, 1), (1, 0), (0, -1), (-1, 0)):
        top, left = TEXTURE_RADIUS * (1 + row), TEXTURE_RADIUS * (1 + column)
        neighbour = padded[top : top + grey.shape[0], left : left + grey.shape[1]]
        codes = codes * 3 + (neighbour > upper) + 2 * (neighbour < lower)
    return codes


def maximal_occurrence(codes: np.ndarray, bins: int) -> np.ndarray:
    """Histograms of overlapping windows, then per row of windows the largest count of each bin.

    Args:
        codes: int (HEIGHT, WIDTH), in [0, bins).

    Returns:
        int (rows of windows, bins).
    """
    rows, columns = HEIGHT // CELL, WIDTH // CELL
    cells = (np.arange(HEIGHT) // CELL * columns)[:, None] + np.arange(WIDTH) // CELL
    counts = np.bincount((cells * bins + codes).ravel(), minlength=rows * columns * bins)
    counts = counts.reshape(rows, columns, bins)
    windows = counts[:-1, :-1] + counts[1:, :-1] + counts[:-1, 1:] + counts[1:, 1:]
    return windows.max(1)
