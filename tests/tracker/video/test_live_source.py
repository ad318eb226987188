"""Streams that break and come back: real ones over TCP, and the schedule of attempts on a clock of its own."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosscam.base.errors import VideoError
from tracker.structures import Frame
from tracker.video import live_source, webcam_source
from tracker.video.live_source import LiveSource
from tracker.video.options import StreamOptions
from tracker.video.reader import VideoReader, open_video
from tracker.video.sources import Image, Source

FAST = StreamOptions(stall_s=0.6, retry_s=0.05, max_retry_s=0.1, give_up_s=20.0)
PATIENCE_S = 20.0
"""Far more than any step below needs, also on a computer that does other work."""


def pictures(width: int = 64, height: int = 48) -> list[np.ndarray]:
    return [np.full((height, width, 3), 16 + i * 37 % 220, np.uint8) for i in range(250)]


def next_frame(reader: VideoReader) -> Frame:
    frame = reader.poll(PATIENCE_S)
    assert frame is not None
    return frame


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def drain(reader: VideoReader) -> list[Frame]:
    """What has arrived."""
    frames = []
    while (frame := reader.poll(0.0)) is not None:
        frames.append(frame)
    return frames


def messages(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records]


def test_a_stream_that_is_cut_off_comes_back_at_its_true_time(serve: Any, caplog: pytest.LogCaptureFixture) -> None:
    origin_s = time.monotonic()
    server = serve(pictures())
    with open_video(server.address, "door", origin_s=origin_s, streams=FAST) as reader:
        before = [next_frame(reader) for _ in range(5)]
        server.stop()
        wait_until(lambda: reader.is_lost)
        before += drain(reader)
        lost_s = time.monotonic() - origin_s
        assert reader.broken is not None
        assert "lost after" in reader.broken
        assert not reader.is_exhausted
        time.sleep(0.5)
        server.start()
        after = [next_frame(reader) for _ in range(5)]
        assert not reader.is_lost
        assert reader.broken is None
    frames = before + after
    assert [f.index for f in frames] == list(range(len(frames)))
    assert np.all(np.diff([f.time_s for f in frames]) > 0)
    assert after[0].time_s - lost_s == pytest.approx(0.5, abs=0.45)  # the gap is as long as it was, not one period
    assert np.diff([f.time_s for f in after])[1:] == pytest.approx(np.full(3, 0.04), abs=0.02)
    assert reader.repaired["reconnects"] == 1
    lost, back = messages(caplog)
    assert lost.startswith("door: lost after ")
    assert lost.endswith("; trying again for 20 s")
    assert back.startswith("door: back after ")


def test_a_stream_that_falls_silent_is_broken(serve: Any, caplog: pytest.LogCaptureFixture) -> None:
    server = serve(pictures())
    with open_video(server.address, "door", streams=FAST) as reader:
        next_frame(reader)
        server.stall()
        wait_until(lambda: reader.is_lost)
        assert "0.6 seconds; trying again" in messages(caplog)[0]
        server.stop()
        server.start()
        drain(reader)
        assert next_frame(reader).index > 0


def test_a_camera_is_given_up_with_one_line(serve: Any, caplog: pytest.LogCaptureFixture) -> None:
    server = serve(pictures())
    with open_video(server.address, "door", streams=FAST.model_copy(update={"give_up_s": 0.4})) as reader:
        next_frame(reader)
        server.stop()
        cut_s = time.monotonic()
        wait_until(lambda: reader.is_exhausted or (reader.poll(0.05) is None and reader.is_exhausted))
        assert time.monotonic() - cut_s < 5
        assert reader.broken is not None
        assert reader.broken.startswith(f"{server.address}: lost after ")
        assert reader.broken.endswith("; given up after 0.4 s")
    assert len(messages(caplog)) == 2
    assert messages(caplog)[1].startswith("door: given up after 0.4 s without success: cannot open stream")
    assert caplog.records[1].levelno == logging.ERROR


def test_a_camera_that_is_dead_from_the_start_joins_later(serve: Any) -> None:
    server = serve(pictures())
    server.stop()
    with pytest.raises(VideoError, match="Connection refused"):
        open_video(server.address, streams=FAST)
    with open_video(server.address, "door", streams=FAST, may_be_lost=True) as reader:
        assert reader.is_live
        assert reader.is_lost
        assert (reader.width, reader.height) == (0, 0)
        assert reader.poll(0.2) is None
        server.start()
        assert next_frame(reader).image.shape == (48, 64, 3)
        assert (reader.width, reader.height, reader.fps) == (64, 48, 25.0)


def test_a_missing_file_is_an_error_also_where_streams_may_be_lost() -> None:
    with pytest.raises(VideoError, match="No such file"):
        open_video("no/such/cam3.mp4", may_be_lost=True)


def test_a_camera_that_comes_back_with_another_picture_keeps_its_size(serve: Any) -> None:
    server = serve(pictures())
    with open_video(server.address, streams=FAST) as reader:
        next_frame(reader)
        server.stop()
        wait_until(lambda: reader.is_lost)
        drain(reader)
        server.show(pictures(96, 64))
        server.start()
        assert next_frame(reader).image.shape == (48, 64, 3)
    assert reader.repaired["resized_frames"] >= 1


def test_closing_ends_a_wait(serve: Any) -> None:
    server = serve(pictures())
    with open_video(server.address, streams=StreamOptions(retry_s=60, max_retry_s=60)) as reader:
        next_frame(reader)
        server.stop()
        wait_until(lambda: reader.is_lost)
        started_s = time.monotonic()
    assert time.monotonic() - started_s < 1
    assert reader.is_exhausted


class FakeCapture:
    """A webcam that gives three pictures each time it is opened, and cannot be opened the second time."""

    opened = 0

    def __init__(self, index: int) -> None:
        FakeCapture.opened += 1
        self._left = 0 if FakeCapture.opened == 2 else 3

    def isOpened(self) -> bool:
        return self._left > 0

    def read(self) -> tuple[bool, np.ndarray | None]:
        self._left -= 1
        time.sleep(0.02)
        return (True, np.zeros((48, 64, 3), np.uint8)) if self._left >= 0 else (False, None)

    def get(self, _: int) -> float:
        return 30.0

    def release(self) -> None:
        pass


def test_a_webcam_is_opened_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webcam_source.cv2, "VideoCapture", FakeCapture)
    monkeypatch.setattr(FakeCapture, "opened", 0)
    with open_video("0", streams=FAST, max_frames=7) as reader:
        times = [next_frame(reader).time_s for _ in range(7)]
    assert np.all(np.diff(times) > 0)
    assert times[3] - times[2] >= 0.05 + 0.1  # two waits: the first attempt fails
    assert reader.repaired["reconnects"] == 2


class ManualClock:
    """`time.monotonic` and the event that is waited on, for a thread that never sleeps."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.waits: list[float] = []

    def monotonic(self) -> float:
        return self.now_s

    def wait(self, timeout: float) -> bool:
        self.waits.append(timeout)
        self.now_s += timeout
        return False

    def is_set(self) -> bool:
        return False


class Connection:
    """One connection with given time stamps, which take `pace` of their time to arrive."""

    fps, width, height, frames, time_base = 25.0, 4, 2, None, (1, 1000)
    is_live, is_lost, broken = True, False, "cut off"

    def __init__(self, clock: ManualClock, stamps: Sequence[float | None], pace: float = 1.0) -> None:
        self.repaired: dict[str, int] = {}
        self._clock, self._stamps, self._pace = clock, stamps, pace

    def images(self) -> Iterator[tuple[float | None, Image]]:
        for stamp in self._stamps:
            self._clock.now_s += 0.04 * self._pace
            yield stamp, np.zeros((2, 4, 3), np.uint8)

    def close(self) -> None:
        pass


def live(clock: ManualClock, options: StreamOptions, connections: Sequence[Connection | None]) -> LiveSource:
    """A source whose attempts give these connections, None where one fails, and fail from then on."""
    left = list(connections)

    def connect() -> Source:
        connection = left.pop(0) if left else None
        if connection is None:
            raise VideoError("cannot open stream x: refused")
        return connection

    event: Any = clock
    return LiveSource("door", connect, options, event, connect())


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> ManualClock:
    clock = ManualClock()
    monkeypatch.setattr(live_source, "time", SimpleNamespace(monotonic=clock.monotonic))
    return clock


def test_waits_double_up_to_their_limit_until_the_camera_is_given_up(clock: ManualClock) -> None:
    source = live(clock, StreamOptions(give_up_s=60), [Connection(clock, [0.0])])
    assert len(list(source.images())) == 1
    assert clock.waits == [1, 2, 4, 8, 16, 29]  # the last attempt is made at the very end
    assert source.is_lost


def test_waits_start_anew_after_a_connection_that_lasted(clock: ManualClock) -> None:
    long = [i * 0.04 for i in range(200)]
    connections = [Connection(clock, stamps) for stamps in ([0.0], [0.0], long, [0.0])]
    source = live(clock, StreamOptions(give_up_s=0.1), connections)
    list(source.images())
    assert clock.waits == pytest.approx([0.1] * 4)  # none is longer than the camera is waited for
    clock.waits.clear()
    list(live(clock, StreamOptions(give_up_s=20), connections).images())
    assert clock.waits[:4] == [1, 2, 1, 2]


def test_never_giving_up_and_giving_up_at_once(clock: ManualClock, caplog: pytest.LogCaptureFixture) -> None:
    list(live(clock, StreamOptions(give_up_s=0), [Connection(clock, [0.0])]).images())
    assert clock.waits == []
    assert messages(caplog) == ["door: lost after 1 frames: cut off; it is not opened again"]
    endless = live(
        clock, StreamOptions(give_up_s=None), [Connection(clock, [0.0]), *[None] * 100, Connection(clock, [0.0])]
    )
    images = endless.images()
    assert len([next(images), next(images)]) == 2
    assert sum(clock.waits) > 2800


@given(
    st.lists(st.tuples(st.lists(st.floats(-5, 100), min_size=1, max_size=12), st.floats(0, 3)), min_size=1, max_size=5)
)
def test_times_increase_strictly_over_all_connections(connections: list[tuple[list[float], float]]) -> None:
    clock = ManualClock()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(live_source, "time", SimpleNamespace(monotonic=clock.monotonic))
        source = live(clock, StreamOptions(), [Connection(clock, stamps, pace) for stamps, pace in connections])
        times = [time_s for time_s, _ in source.images() if time_s is not None]
    assert all(first < second for first, second in pairwise(times))
    left_out = source.repaired.get("backlog_frames", 0)
    assert len(times) + left_out == sum(len(stamps) for stamps, _ in connections)


def test_options_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="max_retry_s must be at least retry_s"):
        StreamOptions(retry_s=5, max_retry_s=1)


def test_nothing_is_logged_after_closing(clock: ManualClock, caplog: pytest.LogCaptureFixture) -> None:
    closed = threading.Event()
    source = LiveSource("door", lambda: Connection(clock, [0.0]), StreamOptions(), closed, Connection(clock, [0.0]))
    closed.set()
    assert len(list(source.images())) == 1
    assert messages(caplog) == []
