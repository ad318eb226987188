"""Work ahead in a thread: networks release the interpreter lock, so detection of the next frames overlaps tracking."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterable, Iterator
from typing import TypeVar

from crosscam.base.bounded_queue import Channel

T = TypeVar("T")
WAKE_S = 0.2
"""The thread looks this often whether it is still wanted."""


class _End:
    """Marks the end of the iterable, with the error that ended it, if any."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


def prefetched(items: Iterable[T], depth: int = 2) -> Generator[T, None, None]:
    """The same items in the same order, made in a thread that is at most `depth` items ahead.

    An error of the iterable is raised here, after the items before it. Closing the generator stops the thread.
    """
    waiting: Channel[T | _End] = Channel(depth)
    stopped = threading.Event()
    thread = threading.Thread(target=_fill, args=(iter(items), waiting, stopped), name="prefetch", daemon=True)
    thread.start()
    try:
        while not isinstance(item := waiting.get(), _End):
            yield item
        if item.error is not None:
            raise item.error
    finally:
        stopped.set()
        thread.join()


def _fill(items: Iterator[T], waiting: Channel[T | _End], stopped: threading.Event) -> None:
    end = _End()
    try:
        for item in items:
            if not _put(waiting, item, stopped):
                return
    except BaseException as error:  # handed over to the thread that takes the items
        end = _End(error)
    _put(waiting, end, stopped)


def _put(waiting: Channel[T | _End], item: T | _End, stopped: threading.Event) -> bool:
    """Wait for room; False when the taker has gone."""
    while not stopped.is_set():
        if waiting.put(item, WAKE_S):
            return True
    return False
