"""The dynamic schedule against the numbers and the cases of its specification."""

from __future__ import annotations

import math

import pytest

from reid.training.dynamic import Decision, DynamicSchedule, TaskProgress, focal_ratio, focal_weight


@pytest.mark.parametrize(("p", "expected"), [(0.5, 0.173287), (0.9, 0.001054), (0.95, 0.000128), (1.0, 0.0)])
def test_focal_weight(p: float, expected: float) -> None:
    assert focal_weight(p) == pytest.approx(expected, abs=5e-7)


def test_ratio_is_defined_everywhere() -> None:
    assert focal_ratio(0.0, 0.0) == math.inf
    assert focal_ratio(0.1, 0.0) == math.inf
    assert focal_ratio(0.0, 0.1) == 0.0


def test_first_step_uses_both_losses_evenly() -> None:
    schedule = DynamicSchedule("weighted")
    assert schedule.decide() == Decision(False, (1.0, 1.0))
    assert schedule.identity.focal == pytest.approx(0.173287, abs=1e-6)
    schedule.update(10.0, 1.0)
    assert schedule.identity.average == 10.0
    assert schedule.decide() == Decision(False, (1.0, 1.0))


def test_moving_average_and_p_by_hand() -> None:
    task = TaskProgress()
    task.update(4.0, 0.25, 2.0)
    task.update(2.0, 0.25, 2.0)
    assert task.average == 3.5
    assert task.p == pytest.approx(3.5 / 4.0)
    assert task.focal == pytest.approx(-(0.125**2) * math.log(0.875))
    task.update(9.0, 0.25, 2.0)
    assert task.p == 1.0
    assert task.focal == 0.0


def run(mode: str, identity: list[float], metric: list[float | None]) -> DynamicSchedule:
    schedule = DynamicSchedule(mode)
    for i, m in zip(identity, metric, strict=True):
        schedule.update(i, m)
    return schedule


FALLING, FLAT = [10.0 * 0.8**n for n in range(12)], [1.0] * 12


def test_identity_falls_and_metric_stands_still() -> None:
    assert run("switch", FALLING, FLAT).decide() == Decision(True, (1.0, 0.0))


def test_both_stand_still() -> None:
    assert run("switch", FLAT, FLAT).decide() == Decision(False, (1.0, 1.0))


def test_metric_falls() -> None:
    assert run("switch", FLAT, FALLING).decide() == Decision(False, (1.0, 1.0))
    assert run("switch", FALLING, FALLING).decide() == Decision(False, (1.0, 1.0))


def test_weighted_sums_to_two_unless_raw() -> None:
    schedule = run("weighted", [10.0 * 0.9**n for n in range(12)], FALLING)
    identity, metric = schedule.decide().weights
    assert identity + metric == pytest.approx(2.0)
    assert metric > identity
    schedule.raw = True
    assert schedule.decide().weights == (schedule.identity.focal, schedule.metric.focal)


def test_off_is_always_both() -> None:
    assert run("off", FALLING, FLAT).decide() == Decision()


def test_metric_loss_at_zero_and_undefined() -> None:
    schedule = run("switch", FLAT, [0.0] * 12)
    assert schedule.metric.p == 1.0
    before = run("switch", FALLING, FLAT)
    average = before.metric.average
    before.update(1.0, None)
    assert before.metric.average == average


def test_state_round_trip_and_log() -> None:
    schedule = run("switch", FALLING, FLAT)
    other = DynamicSchedule("switch")
    other.load_state_dict(schedule.state_dict())
    assert other.log() == schedule.log()
    assert 0.0 < schedule.log()["identity_only_fraction"] < 1.0
    with pytest.raises(ValueError, match="unknown mode 'auto'"):
        DynamicSchedule("auto")
