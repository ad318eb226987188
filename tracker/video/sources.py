"""What a video can be: the kinds of sources, told apart by the text that the user gave."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

IMAGE_SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".jp2", ".pbm", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"})
ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)
LIVE_SCHEMES = frozenset({"rtsp", "rtsps", "rtmp", "rtmps", "rtp", "srt", "udp", "tcp"})
"""Schemes that never end and cannot be read a second time; http(s) may be a plain file."""

Image = NDArray[np.uint8]


class Source(Protocol):
    """An opened video that can be decoded once, from its start.

    Attributes:
        fps: Nominal frame rate, in frames per second.
        width: Of the upright frame, in pixels.
        height: Of the upright frame, in pixels.
        frames: Number of frames as the container declares it, or None.
        time_base: Seconds per tick of the time stamps, as (numerator, denominator).
        is_live: Frames arrive at their own pace and cannot be read again.
        is_lost: A live source without a connection at the moment; it may come back.
        broken: Why not all of the video was seen, or None. Set when `images()` has finished, or while it is lost.
        repaired: How often something was mended, by kind.
    """

    fps: float
    width: int
    height: int
    frames: int | None
    time_base: tuple[int, int]
    is_live: bool
    broken: str | None

    @property
    def is_lost(self) -> bool: ...

    @property
    def repaired(self) -> dict[str, int]: ...

    def images(self) -> Iterator[tuple[float | None, Image]]:
        """(time stamp in seconds or None, uint8 (H, W, 3) BGR) of each frame in order of display."""

    def close(self) -> None:
        """Free the file or connection."""


def file_address(path: str | Path) -> str:
    """A local file as FFmpeg takes it whatever its name: `12:57:44.mp4` would be a file of the protocol `12`."""
    return f"file:{os.path.abspath(path)}"


def is_address(source: str) -> bool:
    """Whether `source` names a stream or a remote file, such as rtsp://host/path; `C:\\video.mp4` is a path."""
    return ADDRESS.match(source) is not None


def is_surely_live(source: str) -> bool:
    """Whether `source` can be nothing but a live stream, known before it is opened."""
    return is_webcam(source) or (is_address(source) and urlsplit(source).scheme.lower() in LIVE_SCHEMES)


def is_webcam(source: str) -> bool:
    """Whether `source` is the number of a local camera: an integer, and no file of that name exists."""
    return source.isascii() and source.isdecimal() and not Path(source).exists()
