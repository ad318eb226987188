"""A thread that encodes images while the caller draws the next one."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from crosscam.base.bounded_queue import Channel

QUEUE_FRAMES = 4
"""Images that may wait for the encoder."""


class EncoderThread:
    """Calls `encode(image, time_s)` in order in a thread; its error is raised in the caller's next call.

    Args:
        encode: Takes an image, uint8 (H, W, 3) BGR, and its time in seconds.
    """

    def __init__(self, encode: Callable[[NDArray[np.uint8], float], None]) -> None:
        self._encode = encode
        self._queue: Channel[tuple[NDArray[np.uint8], float] | None] = Channel(QUEUE_FRAMES)
        self._error: BaseException | None = None
        self._is_cancelled = False
        self._thread = threading.Thread(target=self._run, name="encode", daemon=True)
        self._thread.start()

    def put(self, image: NDArray[np.uint8], time_s: float) -> None:
        """Hand over an image, which must not be changed afterwards; waits while `QUEUE_FRAMES` of them wait.

        Raises:
            BaseException: What `encode` raised before.
        """
        self._raise()
        self._queue.put((image, time_s))

    def finish(self) -> None:
        """Wait until everything is encoded.

        Raises:
            BaseException: What `encode` raised.
        """
        self._queue.put_last(None)
        self._thread.join()
        self._raise()

    def cancel(self) -> None:
        """Drop what waits and stop."""
        self._is_cancelled = True
        self._queue.put_last(None)
        self._thread.join()

    def _raise(self) -> None:
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        while (item := self._queue.get()) is not None:
            if self._error is not None or self._is_cancelled:
                continue  # keeps taking, so that the caller never waits for a full queue
            try:
                self._encode(*item)
            except BaseException as error:
                self._error = error
