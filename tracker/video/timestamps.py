"""Time stamps as files have them (missing, doubled, running backwards) to times that increase strictly."""

from __future__ import annotations

CLOCK_RESET_S = 1.0
"""A step back by more than this is a clock that started anew (two recordings joined), not a stray time stamp."""


class TimestampRepair:
    """Turns the time stamps of one video into seconds since its first frame, strictly increasing.

    Args:
        period_s: Nominal time between two frames, in seconds.

    Attributes:
        missing: Frames without a time stamp; they follow the frame before by one period.
        backwards: Frames whose time stamp was not later than the one before; they follow it by half a period.
        resets: Times the clock started anew; the rest of the video is moved behind the frame before.
    """

    def __init__(self, period_s: float) -> None:
        self.period_s = period_s
        self.missing = 0
        self.backwards = 0
        self.resets = 0
        self._shift_s: float | None = None
        self._last_s = 0.0

    def __call__(self, stamp_s: float | None) -> float:
        """Seconds since the first frame, for the next frame's time stamp."""
        if self._shift_s is None:
            self.missing += stamp_s is None
            self._shift_s = -(stamp_s or 0.0)
            return 0.0
        self._last_s = self._next(stamp_s, self._shift_s)
        return self._last_s

    def counts(self) -> dict[str, int]:
        """The repairs that happened, by kind."""
        counts = {
            "missing_timestamps": self.missing,
            "backward_timestamps": self.backwards,
            "clock_resets": self.resets,
        }
        return {kind: count for kind, count in counts.items() if count}

    def _next(self, stamp_s: float | None, shift_s: float) -> float:
        if stamp_s is None:
            self.missing += 1
            return self._last_s + self.period_s
        time_s = stamp_s + shift_s
        if time_s > self._last_s:
            return time_s
        if time_s < self._last_s - CLOCK_RESET_S:
            self.resets += 1
            self._shift_s = shift_s + self._last_s + self.period_s - time_s
            return self._last_s + self.period_s
        self.backwards += 1
        return self._last_s + self.period_s / 2
