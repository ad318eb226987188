"""Streams and webcams that are opened again when they break, with waits that double."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator

import cv2

from crosscam.base.errors import VideoError
from tracker.video.arrival_clock import ArrivalClock
from tracker.video.file_source import DEFAULT_FPS
from tracker.video.options import StreamOptions
from tracker.video.sources import Image, Source

LOGGER = logging.getLogger(__name__)
FALLBACK_TIME_BASE = (1, 90_000)


class LiveSource:
    """A live source that outlasts its connections; see `Source`.

    Time stamps are moments of `time.monotonic()`, so that a gap is as long as it was (see `arrival_clock`). Frames have
    the size of the first one.

    Args:
        name: The camera's name, for the log.
        connect: Opens the source; raises `VideoError` where that fails.
        options: Waits between two attempts.
        closed: Set by another thread to end a wait.
        first: The opened source, or why it could not be opened: the camera is then lost from the start.

    Attributes:
        is_lost: No connection at the moment. Until the first one, `width` and `height` are 0.
    """

    is_live = True
    frames: int | None = None

    def __init__(
        self,
        name: str,
        connect: Callable[[], Source],
        options: StreamOptions,
        closed: threading.Event,
        first: Source | VideoError,
    ) -> None:
        self.fps = DEFAULT_FPS
        self.width = self.height = 0
        self.time_base = FALLBACK_TIME_BASE
        self.broken: str | None = None
        self._name = name
        self._connect = connect
        self._options = options
        self._closed = closed
        self._connection: Source | None = None
        self._clock: ArrivalClock | None = None
        self._counts: Counter[str] = Counter()
        self._frames = 0
        self._opened_s = self._lost_s = time.monotonic()
        self._wait_s = options.retry_s
        if isinstance(first, VideoError):
            self.broken = str(first)
        else:
            self._take(first)

    @property
    def is_lost(self) -> bool:
        """Whether there is no connection at the moment."""
        return self._connection is None

    @property
    def repaired(self) -> dict[str, int]:
        """How often something was mended, over all connections."""
        connection, clock = self._connection, self._clock
        current = Counter({} if connection is None else dict(connection.repaired))
        return dict(self._counts + current + Counter({} if clock is None else clock.counts()))

    def images(self) -> Iterator[tuple[float | None, Image]]:
        """(moment of `time.monotonic()`, uint8 (H, W, 3) BGR) of each frame until the camera is given up."""
        if self._connection is None:
            self._warn()
        while self._connection is not None or self._reconnect():
            connection = self._connection
            assert connection is not None
            yield from self._timed(connection)
            self._lose(connection.broken or "the stream ended")

    def close(self) -> None:
        """Free the connection."""
        if self._connection is not None:
            self._drop()

    def _timed(self, connection: Source) -> Iterator[tuple[float, Image]]:
        """The frames of one connection."""
        last_s = -math.inf
        if self._clock is not None:
            last_s = self._clock.last_s
            self._counts.update(self._clock.counts())
        clock = self._clock = ArrivalClock(1 / connection.fps, self._opened_s, last_s)
        for stamp_s, image in connection.images():
            time_s = clock(stamp_s, time.monotonic())
            if time_s is not None:
                self._frames += 1
                yield time_s, self._fit(image)

    def _fit(self, image: Image) -> Image:
        if image.shape[:2] == (self.height, self.width):
            return image
        self._counts["resized_frames"] += 1  # a camera may come back with another picture
        return cv2.resize(image, (self.width, self.height), interpolation=cv2.INTER_AREA)  # type: ignore[return-value]

    def _reconnect(self) -> bool:
        """Open the source again; False when the camera was given up or the reader closed."""
        give_up_s = math.inf if self._options.give_up_s is None else self._options.give_up_s
        reason = self.broken
        while (left_s := self._lost_s + give_up_s - time.monotonic()) > 0:
            if self._closed.wait(min(self._wait_s, left_s)):
                return False
            self._wait_s = min(2 * self._wait_s, self._options.max_retry_s)
            try:
                self._take(self._connect())
            except VideoError as error:
                reason = str(error)
                continue
            self._counts["reconnects"] += 1
            LOGGER.warning("%s: back after %.1f s", self._name, time.monotonic() - self._lost_s)
            return True
        if give_up_s > 0:
            LOGGER.error("%s: given up after %g s without success: %s", self._name, give_up_s, reason)
            self.broken = f"{self.broken}; given up after {give_up_s:g} s"
        return False

    def _take(self, connection: Source) -> None:
        if not self.width:
            self.fps, self.time_base = connection.fps, connection.time_base
            self.height, self.width = connection.height, connection.width
        self._opened_s = time.monotonic()
        self.broken = None
        self._connection = connection

    def _drop(self) -> None:
        """Close the connection and keep what it counted."""
        assert self._connection is not None
        counted, connection = dict(self._connection.repaired), self._connection
        self._connection = None
        self._counts.update(counted)
        connection.close()

    def _lose(self, reason: str) -> None:
        now_s = time.monotonic()
        if now_s - self._opened_s > self._wait_s:  # not one that breaks again and again as soon as it is opened
            self._wait_s = self._options.retry_s
        self._lost_s = now_s
        self.broken = f"lost after {self._frames} frames: {reason}"
        self._warn()  # before `is_lost` turns true, so that whoever sees a lost camera also finds the reason in the log
        self._drop()

    def _warn(self) -> None:
        give_up_s = self._options.give_up_s
        hope = f"trying again for {give_up_s:g} s" if give_up_s else "it is not opened again"
        if not self._closed.is_set():
            LOGGER.warning("%s: %s; %s", self._name, self.broken, "trying again" if give_up_s is None else hope)
