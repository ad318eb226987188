"""Small videos, made on the spot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

MakeVideo = Callable[..., Path]


def grey_level(index: int) -> int:
    """The brightness of frame `index`, far enough from its neighbours to survive compression."""
    return 16 + (index * 37) % 220


def picture(index: int, width: int, height: int) -> np.ndarray:
    """A plain frame, uint8 (height, width, 3), with a darker left third, so that turns show."""
    image = np.full((height, width, 3), grey_level(index), np.uint8)
    image[:, : width // 3] //= 2
    return image


@pytest.fixture
def make_video(tmp_path: Path) -> MakeVideo:
    """Writes a video; by default 10 frames of 64x48 at 25 frames per second, in H.264."""

    def make(
        name: str = "cam1.mp4",
        frames: int = 10,
        width: int = 64,
        height: int = 48,
        pts: Sequence[int] | None = None,
        ticks_per_s: int = 25,
        codec: str = "libx264",
        options: dict[str, str] | None = None,
        movflags: str = "",
        gop: int = 12,
    ) -> Path:
        path = tmp_path / name
        container_options: dict[str, str] = {"movflags": movflags} if movflags else {}
        with av.open(str(path), "w", options=container_options) as container:
            stream: Any = container.add_stream(codec, rate=25, options=options or {})
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            stream.codec_context.time_base = Fraction(1, ticks_per_s)
            stream.codec_context.gop_size = gop
            for index in range(frames):
                frame = av.VideoFrame.from_ndarray(picture(index, width, height), format="bgr24")
                frame.pts = index if pts is None else pts[index]
                frame.time_base = Fraction(1, ticks_per_s)
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        return path

    return make
