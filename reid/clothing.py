"""Names for the colours of a person's clothes: a readable description, and a cheap filter for search.

Every pixel of the torso and of the legs is named by rules on hue, saturation and value and votes with a weight that
falls towards the crop's sides, where background is. No training, and no claim on garments: "upper: red".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

COLOURS = ("black", "white", "grey", "red", "orange", "brown", "yellow", "green", "blue", "purple", "pink")
UPPER_ROWS, LOWER_ROWS = (0.18, 0.45), (0.52, 0.82)  # shares of the crop's height: shirt; trousers without shoes
SIZE = (32, 96)  # (width, height) to which a crop is reduced
SPREAD = 0.20  # standard deviation of the votes' weight over the crop's width
DARK, PALE, LIGHT = 0.22, 0.16, 0.72  # value below: black; saturation below: black, grey or white; value above: white
MAX_GAIN = 1.35  # by which an underexposed crop is brightened, so that white in shade is not called grey
MAROON = 325  # hue in degrees from which dark pink is red, below it is purple
_INDEX = {name: i for i, name in enumerate(COLOURS)}
# Upper limits in degrees of hue; the last range wraps to red.
_HUES = ((12, "red"), (42, "orange"), (70, "yellow"), (165, "green"), (258, "blue"), (295, "purple"), (342, "pink"))


@dataclass(frozen=True, eq=False)
class ClothingColours:
    """Shares of colours on the upper and the lower body.

    Attributes:
        upper: Shares of `COLOURS`, summing to 1, float32 (11,).
        lower: The same for the lower body.
    """

    upper: np.ndarray
    lower: np.ndarray

    def match(self, upper: str | None = None, lower: str | None = None) -> float:
        """How well the clothes fit a description, in [0, 1]: the product of the asked colours' shares.

        Raises:
            ValueError: Unknown colour.
        """
        score = 1.0
        for name, shares in ((upper, self.upper), (lower, self.lower)):
            if name is not None:
                score *= float(shares[colour_index(name)])
        return score


def colour_index(name: str) -> int:
    """Place of a colour in `COLOURS`; "gray" is "grey".

    Raises:
        ValueError: Unknown colour.
    """
    name = "grey" if name == "gray" else name
    if name not in _INDEX:
        raise ValueError(f"unknown colour {name!r}; available: {', '.join(COLOURS)}")
    return _INDEX[name]


def name_pixels(image: np.ndarray) -> np.ndarray:
    """Place in `COLOURS` of every pixel of a BGR uint8 image (H, W, 3), int64 (H, W)."""
    hsv = cv2.cvtColor(image.astype(np.float32) / 255.0, cv2.COLOR_BGR2HSV)  # hue in degrees
    hue, saturation, value = hsv[..., 0], hsv[..., 1], hsv[..., 2]
    limits = np.array([limit for limit, _ in _HUES], dtype=np.float32)
    by_hue = np.array([_INDEX[name] for _, name in _HUES] + [_INDEX["red"]])
    names = by_hue[np.searchsorted(limits, hue, side="right")]
    is_warm = np.isin(names, [_INDEX["red"], _INDEX["orange"], _INDEX["yellow"]])
    # Dark warm tones are brown (red keeps its name down to half brightness), pale bright reds are pink.
    is_brown = is_warm & (hue > 8) & (hue < 60) & (value < np.where(hue < 42, 0.62, 0.4))
    names = np.where(is_brown, _INDEX["brown"], names)
    # Pink is bright: the same hues in the dark are a purple shirt, or one of maroon.
    is_dark_pink = (names == _INDEX["pink"]) & (value < 0.5)
    names = np.where(is_dark_pink, np.where(hue < MAROON, _INDEX["purple"], _INDEX["red"]), names)
    is_pink = (names == _INDEX["red"]) & (saturation < 0.5) & (value > 0.65)
    names = np.where(is_pink, _INDEX["pink"], names)
    grey_level = np.where(value > LIGHT, _INDEX["white"], _INDEX["grey"])
    names = np.where(saturation < PALE, grey_level, names)
    # Sensor noise gives dark pixels a random hue, so the limit rises where saturation says little.
    is_black = (value < DARK) | ((value < 0.32) & (saturation < 0.35))
    return np.where(is_black, _INDEX["black"], names)


def clothing_colours(crops: np.ndarray | Sequence[np.ndarray]) -> ClothingColours:
    """Colours of one person's clothes, averaged over crops.

    Args:
        crops: A BGR uint8 crop (H, W, 3) of a whole upright person, or several of the same one.

    Raises:
        ValueError: No crop, or one that is no BGR image.
    """
    images = [crops] if isinstance(crops, np.ndarray) and crops.ndim == 3 else list(crops)
    if not images or any(image.ndim != 3 or image.shape[2] != 3 or not image.size for image in images):
        raise ValueError("expected one or more BGR crops of shape (H, W, 3)")
    votes = np.mean([_votes(image) for image in images], axis=0)
    return ClothingColours(votes[0], votes[1])


def _votes(image: np.ndarray) -> np.ndarray:
    """Shares of the colours on the upper and the lower body, float32 (2, 11)."""
    width, height = SIZE
    image = cv2.resize(image, SIZE, interpolation=cv2.INTER_AREA)
    brightest = max(float(np.percentile(image.max(axis=2), 98)), 1.0)
    names = name_pixels(cv2.convertScaleAbs(image, alpha=float(np.clip(245.0 / brightest, 1.0, MAX_GAIN))))
    offset = (np.arange(width) + 0.5) / width - 0.5
    weights = np.broadcast_to(np.exp(-0.5 * (offset / SPREAD) ** 2), names.shape)
    result = np.empty((2, len(COLOURS)), dtype=np.float32)
    for place, (first, last) in enumerate((UPPER_ROWS, LOWER_ROWS)):
        rows = slice(int(first * height), int(last * height))
        counts = np.bincount(names[rows].ravel(), weights=weights[rows].ravel(), minlength=len(COLOURS))
        result[place] = counts / counts.sum()
    return result
