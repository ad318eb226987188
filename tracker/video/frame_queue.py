"""A bounded queue between one thread that decodes and one that uses the frames."""

from __future__ import annotations

import threading
import time
from collections import deque

from tracker.structures import Frame

WAKE_S = 0.5
"""Waits are cut into pieces of this length, so that Ctrl-C is noticed on every system."""


class FrameQueue:
    """Frames in order, at most `size` of them.

    Args:
        size: Frames held before `put` waits, or drops.
        drops_oldest: A live stream must not fall behind: a full queue loses its oldest frame instead of waiting.
    """

    def __init__(self, size: int, drops_oldest: bool = False) -> None:
        self._frames: deque[Frame] = deque()
        self._size = size
        self._drops_oldest = drops_oldest
        self._changed = threading.Condition()
        self._has_ended = False
        self.dropped = 0

    @property
    def is_exhausted(self) -> bool:
        """Whether no frame is left and none will come."""
        with self._changed:
            return self._has_ended and not self._frames

    def put(self, frame: Frame) -> bool:
        """Add a frame; returns False once the queue was closed, and the frame is not taken."""
        with self._changed:
            while len(self._frames) >= self._size and not self._has_ended:
                if self._drops_oldest:
                    self._frames.popleft()
                    self.dropped += 1
                else:
                    self._changed.wait()
            if self._has_ended:
                return False
            self._frames.append(frame)
            self._changed.notify_all()
            return True

    def end(self) -> None:
        """No more frames will come."""
        with self._changed:
            self._has_ended = True
            self._changed.notify_all()

    def close(self) -> None:
        """Drop what is left and wake both sides."""
        with self._changed:
            self._has_ended = True
            self._frames.clear()
            self._changed.notify_all()

    def get(self, timeout_s: float | None = None) -> Frame | None:
        """The next frame, or None: at the end, or when none came within `timeout_s` (see `is_exhausted`)."""
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        with self._changed:
            while not self._frames and not self._has_ended:
                left = WAKE_S if deadline is None else min(WAKE_S, deadline - time.monotonic())
                if left <= 0:
                    return None
                self._changed.wait(left)
            if not self._frames:
                return None
            frame = self._frames.popleft()
            self._changed.notify_all()
            return frame
