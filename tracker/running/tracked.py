"""What the loop over the frames left behind, however it ended."""

from __future__ import annotations

import time
from dataclasses import dataclass

from tracker.running.opening import OpenedRun
from tracker.running.recording import Recording


@dataclass(frozen=True, eq=False)
class Tracked:
    """The tracks of all cameras before identities are decided.

    Attributes:
        recording: Boxes, embeddings and best crops of every track.
        started: When the first frame was asked for, on `time.perf_counter`'s clock.
        problems: One line each: a video that broke, a run that was interrupted.
        counts: How many frames, detections and embedded crops there were.
        repaired: By camera: how often something was mended, by kind.
        stopped_by: What ended the loop early, if anything.
    """

    recording: Recording
    started: float
    problems: tuple[str, ...]
    counts: dict[str, int]
    repaired: dict[str, dict[str, int]]
    stopped_by: BaseException | None = None

    @property
    def wall_s(self) -> float:
        """Seconds since the first frame was asked for."""
        return time.perf_counter() - self.started


def tracked(run: OpenedRun, recording: Recording, started: float, stopped_by: BaseException | None) -> Tracked:
    """Put together what readers and trackers counted."""
    problems = [] if stopped_by is None else [_reason(stopped_by)]
    problems += [reader.broken for reader in run.readers if reader.broken]
    repairs = {name: dict(getattr(tracker, "repairs", {})) for name, tracker in run.loop.trackers.items()}
    repaired = {reader.name: {**reader.repaired, **repairs[reader.name]} for reader in run.readers}
    return Tracked(recording, started, tuple(problems), dict(run.loop.counts), repaired, stopped_by)


def _reason(error: BaseException) -> str:
    if isinstance(error, KeyboardInterrupt):
        return "stopped by the user"
    return f"tracking stopped early: {type(error).__name__} {error}".strip()
