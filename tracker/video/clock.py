"""One clock for cameras of different rates and start times: the frames of about the same time, together."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from tracker.structures import Frame
from tracker.video.reader import VideoReader

ROUNDING_S = 1e-6
"""Slack of time comparisons: far below any frame period, above the rounding of time stamps."""


def synchronized(readers: Sequence[VideoReader]) -> Iterator[list[Frame]]:
    """Yield the frames of all cameras instant by instant.

    An instant starts at the earliest frame not yet given and takes of each camera at most one frame that lies within
    half a period of the fastest camera. So every frame of every camera comes exactly once and in order, and equal
    cameras are paired with at most half a period between them, whatever their start. A camera that ends or breaks
    just stops taking part. With live cameras an instant is what has arrived: a silent one is not waited for, and when
    none has arrived for a while there is an empty instant, at which the taker can stop.

    Args:
        readers: Cameras of different names.

    Yields:
        The frames of an instant in the order of `readers`, at least one without live cameras; times are on the shared
        clock.
    """
    for reader in readers:
        reader.start()
    is_live = any(reader.is_live for reader in readers)
    pending: dict[str, Frame] = {}
    while True:
        active = [reader for reader in readers if reader.name in pending or not reader.is_exhausted]
        if not active:
            return
        window_s = 0.5 / max(reader.fps for reader in active) + ROUNDING_S
        _fill(active, pending, 2 * window_s if is_live else None)
        if not pending:
            if is_live:
                yield []
            continue
        limit_s = min(frame.time_s for frame in pending.values()) + window_s
        names = [reader.name for reader in active if reader.name in pending]
        yield [pending.pop(name) for name in names if pending[name].time_s <= limit_s]


def _fill(readers: Sequence[VideoReader], pending: dict[str, Frame], wait_s: float | None) -> None:
    """Take the next frame of every camera that has none pending; wait at most `wait_s` for all of them together."""
    deadline = None if wait_s is None else time.monotonic() + wait_s
    is_any_present = any(not reader.is_lost for reader in readers)
    for reader in readers:
        if reader.name in pending:
            continue
        left_s = None if deadline is None else max(0.0, deadline - time.monotonic())
        # A lost camera must not slow the others down: what it left is taken, but not waited for.
        frame = reader.poll(0.0 if reader.is_lost and is_any_present else left_s)
        if frame is not None:
            pending[reader.name] = frame
