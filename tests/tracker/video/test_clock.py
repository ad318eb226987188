"""Frames of several cameras, instant by instant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.structures import Frame
from tracker.video.clock import synchronized
from tracker.video.reader import VideoReader

IMAGE = np.zeros((2, 2, 3), np.uint8)


class FakeReader:
    """A reader of given times; as live, it pretends that nothing has arrived at each None."""

    is_lost = False

    def __init__(self, name: str, times: Sequence[float | None], fps: float, is_live: bool = False) -> None:
        self.name, self.fps, self.is_live = name, fps, is_live
        self.waits: list[float | None] = []
        self._left = list(times)
        self._index = 0

    @property
    def is_exhausted(self) -> bool:
        return not self._left

    def start(self) -> None:
        pass

    def poll(self, timeout_s: float | None = None) -> Frame | None:
        self.waits.append(timeout_s)
        time_s = self._left.pop(0) if self._left else None
        if time_s is None:
            return None
        self._index += 1
        return Frame(self.name, self._index - 1, time_s, IMAGE)


def instants(*readers: FakeReader) -> list[list[tuple[str, float]]]:
    return [[(frame.camera_id, frame.time_s) for frame in group] for group in synchronized(cast(Any, readers))]


def test_equal_cameras_come_in_pairs() -> None:
    found = instants(FakeReader("a", [0, 0.04, 0.08], 25), FakeReader("b", [0, 0.04, 0.08], 25))
    assert found == [[("a", t), ("b", t)] for t in (0, 0.04, 0.08)]


def test_a_start_just_under_a_period_later_pairs_with_the_next_frame() -> None:
    found = instants(FakeReader("a", [0, 0.04, 0.08], 25), FakeReader("b", [0.039, 0.079], 25))
    assert found == [[("a", 0)], [("a", 0.04), ("b", 0.039)], [("a", 0.08), ("b", 0.079)]]


def test_a_slow_camera_joins_every_second_instant_of_one_twice_as_fast() -> None:
    found = instants(FakeReader("fast", [0, 0.1, 0.2, 0.3], 10), FakeReader("slow", [0, 0.2], 5))
    assert found == [[("fast", 0), ("slow", 0)], [("fast", 0.1)], [("fast", 0.2), ("slow", 0.2)], [("fast", 0.3)]]


def test_a_camera_that_ends_just_stops() -> None:
    found = instants(FakeReader("a", [0, 1, 2], 1), FakeReader("b", [0], 1), FakeReader("c", [], 1))
    assert found == [[("a", 0), ("b", 0)], [("a", 1)], [("a", 2)]]


def test_no_camera_gives_no_instant() -> None:
    assert instants() == []


def test_a_silent_live_camera_is_not_waited_for() -> None:
    found = instants(
        FakeReader("a", [0, 1, 2], 10, is_live=True), FakeReader("b", [None, None, 1.99], 10, is_live=True)
    )
    assert found == [[("a", 0)], [("a", 1)], [("a", 2), ("b", 1.99)]]


def test_a_lost_camera_is_not_waited_for_while_others_are_there() -> None:
    lost = FakeReader("a", [None, None, 2], 10, is_live=True)
    lost.is_lost = True
    there = FakeReader("b", [0, 1, 2.01], 10, is_live=True)
    assert instants(lost, there) == [[("b", 0)], [("b", 1)], [("a", 2), ("b", 2.01)]]
    assert lost.waits == [0.0] * 3
    assert all(wait is not None and wait > 0 for wait in there.waits)


def test_live_cameras_give_an_empty_instant_while_none_sends() -> None:
    lost = FakeReader("a", [None, 1], 10, is_live=True)
    lost.is_lost = True
    assert instants(lost) == [[], [("a", 1)]]
    assert all(wait is not None and wait > 0 for wait in lost.waits)  # no busy loop


times = st.lists(st.floats(0.001, 0.3), max_size=25).map(lambda gaps: np.cumsum(gaps).tolist())


@settings(deadline=None)
@given(st.lists(st.tuples(times, st.sampled_from([5.0, 12.5, 25.0, 30.0])), max_size=4))
def test_every_frame_comes_once_and_in_order(cameras: list[tuple[list[float], float]]) -> None:
    readers = [FakeReader(f"cam{i}", stamps, fps) for i, (stamps, fps) in enumerate(cameras)]
    groups = list(synchronized(cast("list[VideoReader]", readers)))
    for i, (stamps, _) in enumerate(cameras):
        own = [frame for group in groups for frame in group if frame.camera_id == f"cam{i}"]
        assert [frame.time_s for frame in own] == stamps
        assert [frame.index for frame in own] == list(range(len(stamps)))
    for group in groups:
        names = [frame.camera_id for frame in group]
        assert names == sorted(set(names))
        assert max(f.time_s for f in group) - min(f.time_s for f in group) <= 0.1 + 1e-5  # half a period of 5 fps
    starts = [min(frame.time_s for frame in group) for group in groups]
    assert starts == pytest.approx(sorted(starts))
