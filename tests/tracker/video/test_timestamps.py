"""Time stamps become seconds since the first frame, strictly increasing, whatever the file says."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.video.timestamps import TimestampRepair


def repaired(stamps: list[float | None], period_s: float = 0.04) -> tuple[list[float], dict[str, int]]:
    repair = TimestampRepair(period_s)
    times = [repair(stamp) for stamp in stamps]
    return times, repair.counts()


def test_good_time_stamps_keep_their_differences() -> None:
    times, counts = repaired([1.4, 1.44, 1.52, 2.0])
    assert times == pytest.approx([0, 0.04, 0.12, 0.6])
    assert counts == {}


def test_missing_time_stamps_follow_by_one_period() -> None:
    times, counts = repaired([0.0, None, None, 0.16])
    assert times == pytest.approx([0, 0.04, 0.08, 0.16])
    assert counts == {"missing_timestamps": 2}


def test_a_video_without_any_time_stamp_runs_at_its_nominal_rate() -> None:
    times, counts = repaired([None] * 4)
    assert times == pytest.approx([0, 0.04, 0.08, 0.12])
    assert counts == {"missing_timestamps": 4}


def test_a_doubled_time_stamp_moves_by_half_a_period_and_the_next_is_kept() -> None:
    times, counts = repaired([0.0, 0.04, 0.04, 0.08])
    assert times == pytest.approx([0, 0.04, 0.06, 0.08])
    assert counts == {"backward_timestamps": 1}


def test_a_clock_that_starts_anew_continues_after_the_frame_before() -> None:
    times, counts = repaired([100.0, 100.04, 0.0, 0.04, 0.12])
    assert times == pytest.approx([0, 0.04, 0.08, 0.12, 0.20])
    assert counts == {"clock_resets": 1}


@given(st.lists(st.none() | st.floats(-1e4, 1e4, allow_nan=False), max_size=40))
def test_times_always_increase(stamps: list[float | None]) -> None:
    times, _ = repaired(stamps)
    assert all(later > earlier for earlier, later in pairwise(times))
