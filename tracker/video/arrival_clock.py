"""Frames of a live connection on this computer's clock: their own time stamps, anchored at their moments of arrival."""

from __future__ import annotations

from tracker.video.timestamps import TimestampRepair

DRIFT = 2e-4
"""Seconds per second that a camera's clock may be slow; crystals are off by up to half of it."""
MAX_BACKLOG_S = 10.0
"""What a sender may hold back and send at once when it is asked; who sends more than that is no camera but plays a
recording, and its stamps are believed."""


class ArrivalClock:
    """Times of one connection's frames, strictly increasing.

    No frame arrives before it was taken: the one under way for the shortest time tells where the sender's clock
    stands (the minimum filter of clock synchronization over networks; Paxson, On Calibrating Measurements of Packet
    Transit Times, SIGMETRICS 1998). Before that one has come, as in the backlog that a new connection begins with,
    frames that would stand too close together are left out.

    Args:
        period_s: Nominal time between two frames, in seconds.
        opened_s: Moment at which the first frame was there.
        last_s: Time of the last frame of the connection before.

    Attributes:
        last_s: Time of the last frame that was not left out.
        resets: Times the sender started anew within the connection.
        left_out: Frames left out.
    """

    def __init__(self, period_s: float, opened_s: float, last_s: float) -> None:
        self.last_s = last_s
        self.resets = 0
        self.left_out = 0
        self._period_s = period_s
        self._repair = TimestampRepair(period_s)
        self._anchor_s = self._after_s = self._backlog_s = 0.0
        self._start(opened_s)

    def __call__(self, stamp_s: float | None, now_s: float) -> float | None:
        """Time of the next frame, or None to leave it out.

        Args:
            stamp_s: The frame's own time stamp, in seconds since any moment.
            now_s: Its moment of arrival.
        """
        after_s = self._repair(stamp_s)
        if self._repair.resets:  # a gap in the same connection, as when the sender of UDP packets starts anew
            self.resets += 1
            self._start(now_s)
            after_s = self._repair(stamp_s)
        step_s, self._after_s = after_s - self._after_s, after_s
        self._anchor_s += DRIFT * step_s
        self._backlog_s = min(self._backlog_s + 2 * DRIFT * step_s, MAX_BACKLOG_S)
        ahead_s = min(self._anchor_s + after_s - now_s, self._backlog_s)
        if ahead_s > 0:
            self._anchor_s -= ahead_s
            self._backlog_s -= ahead_s
        time_s = self._anchor_s + after_s
        if time_s <= self.last_s + (self._period_s / 2 if ahead_s > 0 else 0.0):
            self.left_out += 1
            return None
        self.last_s = time_s
        return time_s

    def counts(self) -> dict[str, int]:
        """What was mended, by kind."""
        counts = {**self._repair.counts(), "clock_resets": self.resets, "backlog_frames": self.left_out}
        return {kind: count for kind, count in counts.items() if count}

    def _start(self, now_s: float) -> None:
        self._repair = TimestampRepair(self._period_s)
        self._anchor_s = max(now_s, self.last_s + self._period_s)
        self._after_s = 0.0
        self._backlog_s = MAX_BACKLOG_S
