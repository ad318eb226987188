"""What counts as a gap in a camera's frames."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.running.camera_gaps import GapWatch
from tracker.structures import Frame

IMAGE = np.zeros((2, 2, 3), np.uint8)


def gaps(times: list[float], camera: str = "cam1", watch: GapWatch | None = None) -> list[float | None]:
    watch = watch or GapWatch()
    found = [watch.before(Frame(camera, i, time_s, IMAGE)) for i, time_s in enumerate(times)]
    return [None if frame is None else frame.time_s for frame in found]


def test_a_long_silence_is_a_gap_that_ends_one_period_before_the_next_frame() -> None:
    assert gaps([0, 0.1, 0.2, 5.0, 5.1]) == [None, None, None, pytest.approx(4.9), None]


def test_some_missed_frames_are_none() -> None:
    assert gaps([0, 0.1, 0.2, 1.1, 1.2]) == [None] * 5


def test_a_slow_camera_has_none() -> None:
    assert gaps([0, 2, 4, 6.5, 10]) == [None] * 5


def test_cameras_are_told_apart() -> None:
    watch = GapWatch()
    assert gaps([0, 0.1], "cam1", watch) == gaps([9, 9.1], "cam2", watch) == [None, None]


@given(st.lists(st.floats(1e-3, 100), max_size=40))
def test_the_moment_lies_between_the_two_frames(steps: list[float]) -> None:
    times = np.cumsum(steps).tolist()
    found = gaps(times)
    assert all(g is None or times[i - 1] < g < times[i] for i, g in enumerate(found))
