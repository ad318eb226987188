"""The queue between the decoder's thread and the rest."""

from __future__ import annotations

import threading

import numpy as np

from tracker.structures import Frame
from tracker.video.frame_queue import FrameQueue


def frame(index: int) -> Frame:
    return Frame("a", index, float(index), np.zeros((1, 1, 3), np.uint8))


def taken(queue: FrameQueue) -> list[int]:
    found = []
    while (item := queue.get()) is not None:
        found.append(item.index)
    return found


def test_frames_come_out_in_order_and_then_none() -> None:
    queue = FrameQueue(3)
    for index in range(3):
        assert queue.put(frame(index))
    queue.end()
    assert not queue.is_exhausted
    assert taken(queue) == [0, 1, 2]
    assert queue.is_exhausted
    assert queue.get() is None


def test_a_full_queue_waits_for_the_reader() -> None:
    queue = FrameQueue(2)

    def fill() -> None:
        for index in range(50):
            queue.put(frame(index))
        queue.end()

    thread = threading.Thread(target=fill)
    thread.start()
    assert taken(queue) == list(range(50))
    thread.join(5)
    assert not thread.is_alive()


def test_a_live_queue_drops_the_oldest() -> None:
    queue = FrameQueue(2, drops_oldest=True)
    for index in range(5):
        queue.put(frame(index))
    queue.end()
    assert taken(queue) == [3, 4]
    assert queue.dropped == 3


def test_closing_wakes_a_writer_that_waits() -> None:
    queue = FrameQueue(1)
    queue.put(frame(0))
    results: list[bool] = []
    thread = threading.Thread(target=lambda: results.append(queue.put(frame(1))))
    thread.start()
    queue.close()
    thread.join(5)
    assert results == [False]
    assert queue.get() is None


def test_a_timeout_gives_none_without_the_end() -> None:
    queue = FrameQueue(1)
    assert queue.get(timeout_s=0.01) is None
    assert not queue.is_exhausted
