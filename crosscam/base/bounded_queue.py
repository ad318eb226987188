"""A bounded queue that Ctrl-C cannot break, for threads of which one is the main thread."""

from __future__ import annotations

import queue
from typing import Generic, TypeVar

T = TypeVar("T")


class Channel(Generic[T]):
    """Items in order, at most `size` of them.

    `queue.Queue` is written in Python: an interrupt of the main thread inside of it can leave its lock held or the
    other side unnoticed, and both wait for ever; a busy machine makes that likely. `SimpleQueue` is written in C and
    has no such moment. An interrupt can lose at most a place here.
    """

    def __init__(self, size: int) -> None:
        self._items: queue.SimpleQueue[T] = queue.SimpleQueue()
        self._places: queue.SimpleQueue[None] = queue.SimpleQueue()
        for _ in range(size):
            self._places.put(None)

    def put(self, item: T, timeout_s: float | None = None) -> bool:
        """Add an item when there is room; False when there was none within `timeout_s`."""
        try:
            self._places.get(timeout=timeout_s)
        except queue.Empty:
            return False
        self._items.put(item)
        return True

    def put_last(self, item: T) -> None:
        """Add an item after which none comes, without waiting for room."""
        self._items.put(item)

    def get(self) -> T:
        """The next item; waits for it."""
        item = self._items.get()
        self._places.put(None)
        return item
