"""Where a live connection's frames stand on this computer's clock."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.video.arrival_clock import DRIFT, MAX_BACKLOG_S, ArrivalClock

PERIOD_S = 0.04


def times(stamps: list[float], arrivals: list[float], opened_s: float | None = None) -> list[float | None]:
    clock = ArrivalClock(PERIOD_S, arrivals[0] if opened_s is None else opened_s, -math.inf)
    return [clock(stamp, now) for stamp, now in zip(stamps, arrivals, strict=True)]


def test_a_backlog_is_left_out_and_the_edge_of_the_stream_is_now() -> None:
    # Eight frames that wait in the connection, then one every period.
    stamps = [100 + PERIOD_S * i for i in range(20)]
    arrivals = [50.0 + max(0, i - 7) * PERIOD_S for i in range(20)]
    found = times(stamps, arrivals)
    assert found[0] == 50.0
    assert found[1:8] == [None] * 7
    assert found[8:] == pytest.approx(arrivals[8:], abs=1e-3)


def test_late_frames_keep_the_times_of_their_stamps() -> None:
    random = np.random.default_rng(0)
    stamps = [PERIOD_S * i for i in range(500)]
    delays = np.where(np.arange(500) < 5, 0.0, random.exponential(0.1, 500))
    arrivals = np.maximum.accumulate(np.array(stamps) + delays).tolist()
    assert times(stamps, arrivals) == pytest.approx(stamps, abs=PERIOD_S / 4)


def test_frames_that_waited_while_nobody_read_keep_their_times() -> None:
    stamps = [PERIOD_S * i for i in range(100)]
    assert times(stamps, [9.0] * 100, opened_s=1.0) == pytest.approx([1 + stamp for stamp in stamps], abs=1e-3)


@pytest.mark.parametrize("error", [-DRIFT / 2, DRIFT / 2])
def test_a_camera_whose_clock_is_off_stays_on_ours_all_day(error: float) -> None:
    clock = ArrivalClock(1.0, 0.0, -math.inf)
    found = [clock(second * (1 + error), float(second)) for second in range(86_400)]
    assert None not in found
    assert found[-1] == pytest.approx(86_399, abs=0.01)


def test_a_recording_sent_as_fast_as_it_goes_keeps_its_own_times_after_the_backlog() -> None:
    stamps = [PERIOD_S * i for i in range(2000)]
    found = times(stamps, [0.001 * i for i in range(2000)])
    kept = [time_s for time_s in found[-1500:] if time_s is not None]
    assert len(kept) == 1500
    assert np.diff(kept) == pytest.approx(PERIOD_S, abs=1e-3)
    assert kept[-1] == pytest.approx(stamps[-1] - MAX_BACKLOG_S, abs=0.1)


def test_a_sender_that_starts_anew_is_placed_by_its_arrival() -> None:
    found = times([5.0, 5.04, 5.08, 0.0, 0.04], [1.0, 1.04, 1.08, 4.12, 4.16])
    assert found == pytest.approx([1.0, 1.04, 1.08, 4.12, 4.16], abs=1e-3)


def test_missing_stamps_follow_by_one_period() -> None:
    clock = ArrivalClock(PERIOD_S, 1.0, -math.inf)
    assert [clock(None, 1.0 + PERIOD_S * i) for i in range(3)] == pytest.approx([1.0, 1.04, 1.08], abs=1e-4)
    assert clock.counts() == {"missing_timestamps": 3}


TICKS = st.integers(-450_000, 9_000_000)
ARRIVALS = st.lists(st.tuples(st.none() | TICKS.map(lambda t: t / 90_000), st.floats(0, 5)), max_size=40)


@given(ARRIVALS, st.floats(-100, 100))
def test_times_increase_strictly_whatever_comes(frames: list[tuple[float | None, float]], last_s: float) -> None:
    clock = ArrivalClock(PERIOD_S, 0.0, last_s)
    now_s, found = 0.0, [last_s]
    for stamp_s, wait_s in frames:
        now_s += wait_s
        if (time_s := clock(stamp_s, now_s)) is not None:
            found.append(time_s)
    assert all(first < second for first, second in pairwise(found))
    assert len(found) - 1 + clock.left_out == len(frames)
