"""One colour per identity, the same in every camera, video and picture."""

from __future__ import annotations

import colorsys
from functools import lru_cache

GOLDEN_RATIO = 0.618033988749895
"""Steps of this share of the colour circle keep any number of hues apart; neighbours in number differ most."""

Color = tuple[int, int, int]
"""Blue, green, red, each 0 to 255."""


@lru_cache(maxsize=4096)
def identity_color(identity_id: int) -> Color:
    """The colour of an identity: bright, and stable, since it depends on the id alone."""
    hue = (identity_id * GOLDEN_RATIO) % 1.0
    value = (1.0, 0.85, 0.95)[identity_id % 3]
    saturation = (0.85, 1.0, 0.6)[identity_id // 3 % 3]
    red, green, blue = colorsys.hsv_to_rgb(hue, saturation, value)
    return round(blue * 255), round(green * 255), round(red * 255)


def text_color(background: Color) -> Color:
    """Black or white, whichever is read better on the background."""
    blue, green, red = background
    return (0, 0, 0) if 0.114 * blue + 0.587 * green + 0.299 * red > 110 else (255, 255, 255)
