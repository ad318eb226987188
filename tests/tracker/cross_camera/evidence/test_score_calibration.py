"""Similarity to log-odds, travel times, stored calibrations."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from crosscam.base.errors import ConfigError
from tracker.cross_camera.evidence.appearance import unit_rows
from tracker.cross_camera.evidence.compared_pairs import score_pairs
from tracker.cross_camera.evidence.labelled_pairs import (
    compare_labelled,
    error_rates,
    read_calibration,
    threshold_at,
    write_calibration,
)
from tracker.cross_camera.evidence.score_calibration import MAX_LOG_ODDS, calibrate, labelled_calibration, tail_quantile
from tracker.cross_camera.evidence.travel_times import travel_log_odds
from tracker.cross_camera.options import CrossCameraOptions
from tracker.cross_camera.partition.associator import Associator
from tracker.structures import Tracklet

Crowd = Callable[..., tuple[list[Tracklet], list[int]]]


def mixture(same: int, different: int, at: float = 0.7) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Similarities of the run, of certain negatives, of halves."""
    rng = np.random.default_rng(0)
    run = np.concatenate([rng.normal(0, 0.15, different), rng.normal(at, 0.1, same)])
    return run, rng.normal(0, 0.15, 60), rng.normal(0.85, 0.05, 40)


def test_the_boundary_lies_between_the_two_kinds() -> None:
    curve = calibrate(*mixture(100, 1500), 60)
    assert curve(np.array([0.1]))[0] < -3
    assert curve(np.array([0.7]))[0] > 3
    assert curve.different == pytest.approx((0.0, 0.15), abs=0.02)


def test_much_evidence_outweighs_what_is_expected() -> None:
    """A hundred pairs leave the expected wide spread in place, a thousand do not."""
    few, many = calibrate(*mixture(100, 1500), 60), calibrate(*mixture(1000, 15000), 180)
    assert many.different == pytest.approx((0.0, 0.15), abs=0.02)
    assert many.same == pytest.approx((0.7, 0.1), abs=0.05)
    assert few.same[0] == pytest.approx(0.7, abs=0.06)
    assert many.same[1] < few.same[1] < 0.25


def test_the_curve_rises_and_is_bounded() -> None:
    values = calibrate(*mixture(100, 1500), 60)(np.linspace(-1, 1, 400))
    assert (np.diff(values) >= 0).all()
    assert np.abs(values).max() <= MAX_LOG_ODDS


@pytest.mark.parametrize("scale", [0.15, 0.3, 1.0])
def test_the_scale_of_an_embedder_does_not_matter(scale: float) -> None:
    run, certain, halves = mixture(60, 1500)
    curve = calibrate(0.5 + 0.4 * scale * run, 0.5 + 0.4 * scale * certain, 0.5 + 0.4 * scale * halves, 60)
    shifted = calibrate(run, certain, halves, 60)
    probe = np.array([0.1, 0.35, 0.7])
    assert curve(0.5 + 0.4 * scale * probe) == pytest.approx(shifted(probe), abs=0.3)


def test_strangers_only_stay_strangers() -> None:
    rng = np.random.default_rng(0)
    curve = calibrate(rng.normal(0, 0.15, 1225), rng.normal(0, 0.15, 50), rng.normal(0.85, 0.05, 40), 50)
    assert (curve(rng.normal(0, 0.15, 1225)) > 0).mean() < 0.01


def test_a_wished_false_match_rate_is_kept() -> None:
    curve = calibrate(*mixture(100, 3000), 80)
    strangers = np.random.default_rng(7).normal(0, 0.15, 200_000)
    loose, strict = (curve.shifted_to(rate) for rate in (0.05, 0.001))
    assert (loose(strangers) > 0).mean() == pytest.approx(0.05, abs=0.02)
    assert (strict(strangers) > 0).mean() < 0.002
    assert tail_quantile(0.5) == pytest.approx(0.0, abs=1e-9)


def test_nothing_to_compare() -> None:
    assert calibrate(np.zeros(0), np.zeros(0), np.zeros(0), 1)(np.array([1.0]))[0] < 0


def test_sparse_candidates_equal_all_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = np.random.default_rng(0).normal(size=(120, 16)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    whole = score_pairs(vectors, np.zeros((0, 2), np.int64))
    monkeypatch.setattr("tracker.cross_camera.evidence.compared_pairs.ALL_PAIRS_UP_TO", 10)
    part = score_pairs(vectors, np.array([[0, 119]]))
    table = dict(zip(zip(whole.first.tolist(), whole.second.tolist(), strict=True), whole.similarity, strict=True))
    pairs = list(zip(part.first.tolist(), part.second.tolist(), strict=True))
    assert part.similarity == pytest.approx([table[pair] for pair in pairs], abs=1e-5)
    assert (0, 119) in pairs
    assert len(pairs) < len(table)
    best = max(table, key=lambda pair: table[pair])
    assert best in pairs


def test_the_nearest_of_one_round_serve_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = unit_rows(np.random.default_rng(0).normal(size=(120, 16)))
    nobody = np.zeros((0, 2), np.int64)
    assert score_pairs(vectors, nobody).nearest is None
    monkeypatch.setattr("tracker.cross_camera.evidence.compared_pairs.ALL_PAIRS_UP_TO", 10)
    first = score_pairs(vectors, nobody)
    assert first.nearest is not None
    expected = np.argsort(-(vectors @ vectors.T), axis=1)[:, 1:41]
    assert np.sort(first.nearest, axis=1).tolist() == np.sort(expected, axis=1).tolist()
    moved = unit_rows(vectors + np.float32(0.01))
    again, afresh = score_pairs(moved, nobody, first.nearest), score_pairs(moved, nobody)
    assert again.nearest is first.nearest
    assert again.first.tolist() == first.first.tolist()
    table = dict(zip(zip(afresh.first.tolist(), afresh.second.tolist(), strict=True), afresh.similarity, strict=True))
    both = [pair in table for pair in zip(again.first.tolist(), again.second.tolist(), strict=True)]
    known = [table.get(pair, 0.0) for pair in zip(again.first.tolist(), again.second.tolist(), strict=True)]
    assert np.mean(both) > 0.98
    assert again.similarity[both] == pytest.approx(np.array(known)[both], abs=1e-5)


def test_learned_travel_times_prefer_the_usual_gap(walk: Callable[..., Tracklet]) -> None:
    # Everybody needs 10 s from a to b; the pairs of different people have any gap.
    starts = np.cumsum(np.random.default_rng(0).uniform(3, 9, 20))
    tracklets = [walk("a", k + 1, s, s + 2) for k, s in enumerate(starts)]
    tracklets += [walk("b", k + 1, s + 12, s + 14) for k, s in enumerate(starts)]
    first, second = (index.astype(np.int64) for index in np.triu_indices(40, 1))
    same = (second - first == 20).astype(np.float64)
    odds = travel_log_odds(tracklets, first, second, same)
    assert odds[same > 0].min() > 0.8
    assert odds[same == 0].mean() < 0.1
    neutral = travel_log_odds(tracklets, first, second, np.zeros(len(first)))
    assert np.abs(neutral).max() < 1e-9


def test_a_labelled_calibration_comes_back_and_links(tmp_path: Path, crowd: Crowd) -> None:
    tracklets, who = crowd(people=8, cameras=3)
    pairs = compare_labelled(tracklets, np.array(who))
    whole, *by_camera = error_rates(pairs, threshold_at(pairs, 0.01))
    assert whole.cameras == ("all", "all")
    assert whole.false_match_rate <= 0.015
    assert whole.false_non_match_rate < 0.2
    assert [r.cameras for r in by_camera][:2] == [("cam0", "cam0"), ("cam0", "cam1")]
    assert sum(r.same_pairs for r in by_camera) == whole.same_pairs == 24
    file = tmp_path / "calibration.json"
    write_calibration(file, pairs, "net")
    different, same = read_calibration(file)
    assert labelled_calibration(different, same, 24)(np.array([same[0]]))[0] > 0
    identities = Associator(CrossCameraOptions(calibration=str(file))).associate(tracklets)
    assert len(identities) == 8


def test_bad_calibrations_are_one_line(tmp_path: Path, crowd: Crowd) -> None:
    with pytest.raises(ConfigError, match="cannot read calibration"):
        read_calibration(tmp_path / "none.json")
    (tmp_path / "bad.json").write_text("{}")
    with pytest.raises(ConfigError, match="is no calibration"):
        read_calibration(tmp_path / "bad.json")
    tracklets, who = crowd(people=1, cameras=2)
    with pytest.raises(ConfigError, match="found 1 and 0"):
        compare_labelled(tracklets, np.array(who))
