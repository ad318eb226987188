"""Gaps in a camera's frames: a lost stream, a recorder that only runs while something moves."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tracker.structures import Frame

MIN_GAP_S = 1.0
"""Shorter interruptions are what every tracker is made for."""
MIN_GAP_PERIODS = 5.0
"""A gap is also longer than so many usual periods: a camera of one frame in two seconds has none."""
MOMENTUM = 0.9


@dataclass
class _Rhythm:
    time_s: float
    period_s: float | None = None


class GapWatch:
    """Notices gaps. A tracker predicts through a missed frame, but who stands in a place after a minute is anybody."""

    def __init__(self) -> None:
        self._cameras: dict[str, _Rhythm] = {}

    def before(self, frame: Frame) -> Frame | None:
        """A moment just before `frame` at which nobody was seen, if a gap lies there; call it once for every frame."""
        rhythm = self._cameras.setdefault(frame.camera_id, _Rhythm(frame.time_s))
        step_s, rhythm.time_s = frame.time_s - rhythm.time_s, frame.time_s
        if step_s <= 0:
            return None
        period_s = rhythm.period_s
        if period_s is not None and step_s > max(MIN_GAP_S, MIN_GAP_PERIODS * period_s):
            return replace(frame, time_s=frame.time_s - period_s)
        rhythm.period_s = step_s if period_s is None else MOMENTUM * period_s + (1 - MOMENTUM) * step_s
        return None
