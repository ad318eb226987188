"""The queue between threads: bounded, in order, and usable after the main thread was interrupted in it."""

from __future__ import annotations

import ctypes
import threading
import time

import pytest

from crosscam.base.bounded_queue import Channel


def test_items_come_in_order_and_no_more_than_fit() -> None:
    channel: Channel[int] = Channel(2)
    assert channel.put(1)
    assert channel.put(2)
    assert not channel.put(3, timeout_s=0.01)
    assert channel.get() == 1
    assert channel.put(3, timeout_s=0.01)
    channel.put_last(4)  # whether or not there is room
    assert [channel.get() for _ in range(3)] == [2, 3, 4]


def interrupted(thread: threading.Thread) -> None:
    """What Ctrl-C does to the main thread, to another one: an error at the next moment at which Python looks."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident or 0), ctypes.py_object(KeyboardInterrupt))


@pytest.mark.parametrize("attempt", range(20))
def test_the_other_side_ends_when_one_is_interrupted(attempt: int) -> None:
    channel: Channel[int | None] = Channel(1)
    taken: list[int] = []

    def take() -> None:
        while (item := channel.get()) is not None:
            taken.append(item)

    def give() -> None:
        try:
            for number in range(10**9):
                channel.put(number)
        except KeyboardInterrupt:
            pass
        finally:
            channel.put_last(None)

    taker, giver = threading.Thread(target=take, daemon=True), threading.Thread(target=give, daemon=True)
    taker.start()
    giver.start()
    time.sleep(0.01 + attempt * 1e-4)
    interrupted(giver)
    for thread in (giver, taker):
        thread.join(60)
        assert not thread.is_alive()
    assert taken == list(range(len(taken)))
