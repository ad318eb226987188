"""Local cameras by number, through OpenCV: PyAV's wheels carry no capture devices."""

from __future__ import annotations

import time
from collections.abc import Iterator

import cv2

from crosscam.base.errors import VideoError
from tracker.video.file_source import DEFAULT_FPS
from tracker.video.image_source import TICKS_PER_S
from tracker.video.sources import Image


class WebcamSource:
    """Camera number `index` of this computer; see `Source`.

    Raises:
        VideoError: There is no such camera, or it gives no picture.
    """

    is_live = True
    is_lost = False
    frames: int | None = None

    def __init__(self, index: int) -> None:
        self._capture = cv2.VideoCapture(index)
        is_read, image = self._capture.read() if self._capture.isOpened() else (False, None)
        if not is_read or image is None:
            self._capture.release()
            raise VideoError(f"cannot open webcam {index}: no such camera, or another program uses it")
        self._first = time.monotonic(), image
        self.height, self.width = image.shape[:2]
        self.fps = self._capture.get(cv2.CAP_PROP_FPS) or DEFAULT_FPS
        self.time_base = (1, TICKS_PER_S)
        self.broken: str | None = None
        self.repaired: dict[str, int] = {}

    def images(self) -> Iterator[tuple[float | None, Image]]:
        """(time of arrival in seconds, uint8 (H, W, 3) BGR) of each frame until the camera stops."""
        yield self._first  # type: ignore[misc]
        while True:
            is_read, image = self._capture.read()
            if not is_read:
                self.broken = "the camera stopped"
                return
            yield time.monotonic(), image  # type: ignore[misc]

    def close(self) -> None:
        """Give the camera back."""
        self._capture.release()
