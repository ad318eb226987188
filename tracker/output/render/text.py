"""Text as small pictures: anti-aliased TrueType, since OpenCV's own letters are unreadable below 10 pixels."""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracker.output.render.colors import Color

PADDING = 2


@lru_cache(maxsize=8)
def _font(height_px: int) -> Any:
    """DejaVu Sans Bold, which comes with matplotlib and knows Latin, Greek and Cyrillic letters.

    The file is found without importing matplotlib, which would take half a second.
    """
    from PIL import ImageFont

    found = find_spec("matplotlib")
    assert found is not None, "matplotlib is a dependency of the package"
    assert found.origin is not None
    return ImageFont.truetype(str(Path(found.origin).parent / "mpl-data/fonts/ttf/DejaVuSans-Bold.ttf"), height_px)


@lru_cache(maxsize=4096)
def glyph(letter: str, height_px: int) -> NDArray[np.float32]:
    """Coverage of one letter or text, float32 (h, w) in [0, 1]; all of one size have the same height."""
    from PIL import Image, ImageDraw

    font = _font(height_px)
    width = max(1, round(font.getlength(letter)))
    picture = Image.new("L", (width, round(height_px * 1.2)))
    ImageDraw.Draw(picture).text((0, round(0.94 * height_px)), letter, fill=255, font=font, anchor="ls")
    return np.asarray(picture, np.float32) / np.float32(255)


def text_picture(text: str, height_px: int, color: Color, background: Color) -> NDArray[np.uint8]:
    """`text` on a plain background, uint8 (h, w, 3) BGR; put together from letters that are drawn once."""
    mask = np.concatenate([glyph(letter, height_px) for letter in text or " "], axis=1)
    mask = np.pad(mask, ((0, 0), (PADDING, PADDING)))[..., None]  # (h, w, 1)
    low, high = np.array(background, np.float32), np.array(color, np.float32)
    return np.rint(low + (high - low) * mask).astype(np.uint8)


def paste(image: NDArray[np.uint8], picture: NDArray[np.uint8], left: int, top: int) -> None:
    """Put `picture` into `image`, moved as little as needed to be inside; cut off where it is larger."""
    height, width = min(picture.shape[0], image.shape[0]), min(picture.shape[1], image.shape[1])
    x = min(max(left, 0), image.shape[1] - width)
    y = min(max(top, 0), image.shape[0] - height)
    image[y : y + height, x : x + width] = picture[:height, :width]


def clock_text(time_s: float, digits: int = 1) -> str:
    """Seconds as m:ss.s, or h:mm:ss.s from one hour on."""
    ticks = round(abs(time_s) * 10**digits)
    seconds, fraction = divmod(ticks, 10**digits)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    sign = "-" if time_s < 0 and ticks else ""
    head = f"{hours}:{minutes:02d}" if hours else f"{minutes}"
    tail = f".{fraction:0{digits}d}" if digits else ""
    return f"{sign}{head}:{seconds:02d}{tail}"
