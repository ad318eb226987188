"""Scores against published numbers and hand-worked cases."""

from __future__ import annotations

import importlib.util
import json
from itertools import chain
from pathlib import Path

import numpy as np
import pytest

from crosscam.base.errors import DetectionsError
from tracker.evaluation.mot_data import MotData, read_mot_data
from tracker.evaluation.tracking import evaluate

NAMES = ("TUD-Campus", "TUD-Stadtmitte")


@pytest.fixture(scope="module")
def tud_folder():
    """Ground truth and one tracker's results, which come with the package motmetrics; it need not be importable."""
    package = importlib.util.find_spec("motmetrics")
    if package is None or package.origin is None:
        pytest.skip("the TUD annotations come with motmetrics: pip install motmetrics")
    return Path(package.origin).parent / "data"


@pytest.fixture(scope="module")
def golden(request):
    return json.loads((request.path.parent / "tud_scores.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def tud(tud_folder):
    truth = {name: read_mot_data(tud_folder / name / "gt.txt", has_ignore_rows=True) for name in NAMES}
    return evaluate(truth, {name: read_mot_data(tud_folder / name / "test.txt") for name in NAMES})


@pytest.mark.parametrize("name", NAMES)
def test_scores_equal_the_published_ones(tud, golden, name):
    for key, expected in golden["cameras"][name].items():
        assert tud.cameras[name][key] == pytest.approx(expected, abs=1e-3), key


def test_combined_scores_equal_the_published_ones(tud, golden):
    for key, expected in golden["combined"].items():
        assert tud.combined[key] == pytest.approx(expected, abs=1e-3), key


def test_hota_at_a_threshold_equals_the_published_one(tud, golden):
    for name, points in golden["hota_at"].items():
        assert tud.hota_curves[name][0] == pytest.approx(points["0.05"], abs=1e-3)
        assert tud.hota_curves[name][9] == pytest.approx(points["0.5"], abs=1e-3)


def walk(person: int, frames: range, x: float = 100.0, counted: int = 1) -> list[list[float]]:
    """A person of 40 x 100 pixels who stands at `x`."""
    return [[frame, person, x, 50, 40, 100, counted] for frame in frames]


def truth_of(*rows: list[list[float]], length: int | None = None) -> MotData:
    return MotData.from_rows(list(chain(*rows)), has_ignore_rows=True, length=length)


def results_of(*rows: list[list[float]]) -> MotData:
    return MotData.from_rows(list(chain(*rows)))


def test_perfect_results_score_100():
    truth = truth_of(walk(1, range(1, 11)), walk(2, range(1, 11), 300))
    results = results_of(walk(7, range(1, 11)), walk(5, range(1, 11), 300))
    scores = evaluate({"a": truth}, {"a": results})
    assert scores.cameras["a"]["HOTA"] == scores.cameras["a"]["IDF1"] == scores.multi_camera["IDF1"] == 100
    assert scores.multi_camera["wrong_merges"] == scores.multi_camera["wrong_splits"] == 0


def test_identity_over_cameras_is_scored_apart_from_each_camera():
    truth = {name: truth_of(walk(1, range(1, 11))) for name in ("a", "b")}
    linked = {name: results_of(walk(4, range(1, 11))) for name in ("a", "b")}
    unlinked = {"a": results_of(walk(4, range(1, 11))), "b": results_of(walk(9, range(1, 11)))}
    for results, multi_camera in ((linked, 100.0), (unlinked, 50.0)):  # unlinked: 10 of 20 boxes have the identity
        scores = evaluate(truth, results)
        assert scores.combined["IDF1"] == 100
        assert scores.multi_camera["IDF1"] == multi_camera
    assert scores.multi_camera["wrong_splits"] == 1
    assert scores.multi_camera["pair_recall"] == pytest.approx(100 * 90 / 190, abs=1e-3)


def test_two_people_under_one_identity_are_a_wrong_merge():
    truth = {"a": truth_of(walk(1, range(1, 11))), "b": truth_of(walk(2, range(1, 11)))}
    results = {name: results_of(walk(4, range(1, 11))) for name in truth}
    scores = evaluate(truth, results)
    assert scores.combined["IDF1"] == 100
    assert scores.multi_camera["IDF1"] == 50
    assert scores.identity_errors.merges == {4: (1, 2)}
    assert scores.multi_camera["pair_precision"] == pytest.approx(100 * 90 / 190, abs=1e-3)


def test_results_on_ignore_regions_are_neither_right_nor_wrong():
    truth = truth_of(walk(1, range(1, 11)), walk(90, range(1, 11), 500, counted=0))
    results = results_of(walk(1, range(1, 11)), walk(2, range(1, 11), 505))
    assert evaluate({"a": truth}, {"a": results}).cameras["a"]["MOTA"] == 100
    far = results_of(walk(1, range(1, 11)), walk(2, range(1, 11), 530))  # IoU 1/7: a false positive as ever
    assert evaluate({"a": truth}, {"a": far}).cameras["a"]["false_positives"] == 10


def test_only_one_result_per_frame_is_excused_by_an_ignore_region():
    truth = truth_of(walk(1, range(1, 11)), walk(90, range(1, 11), 500, counted=0))
    results = results_of(walk(1, range(1, 11)), walk(2, range(1, 11), 500), walk(3, range(1, 11), 502))
    assert evaluate({"a": truth}, {"a": results}).cameras["a"]["false_positives"] == 10


def test_a_result_on_a_person_before_an_ignore_region_counts():
    truth = truth_of(walk(1, range(1, 11), 100), walk(90, range(1, 11), 104, counted=0))
    results = results_of(walk(1, range(1, 11), 103))  # nearer to the ignore region
    assert evaluate({"a": truth}, {"a": results}).cameras["a"]["IDF1"] == 100


def test_frames_after_the_ground_truth_are_not_scored():
    truth = {"a": truth_of(walk(1, range(1, 11))), "b": truth_of(walk(2, range(1, 6)))}
    results = {"a": results_of(walk(1, range(1, 21))), "b": results_of(walk(2, range(1, 21)))}
    scores = evaluate(truth, results)
    assert scores.cameras["a"]["false_positives"] == 0
    assert scores.cameras["b"]["false_positives"] == 5  # camera b is empty in frames 6 to 10, which are labelled
    assert scores.rows_after_end == 20
    assert evaluate(truth, results, last_frame=15).cameras["a"]["false_positives"] == 5


def test_a_known_length_is_the_limit():
    truth = {"a": truth_of(walk(1, range(1, 11)), length=12)}
    scores = evaluate(truth, {"a": results_of(walk(1, range(1, 21)))})
    assert scores.cameras["a"]["false_positives"] == 2


def test_a_camera_without_people_and_one_without_results():
    truth = {"a": truth_of(walk(1, range(1, 11))), "empty": truth_of(), "missed": truth_of(walk(1, range(1, 11)))}
    results = {
        "a": results_of(walk(1, range(1, 11))),
        "empty": results_of(walk(3, range(1, 3))),
        "missed": results_of(),
    }
    scores = evaluate(truth, results)
    assert scores.cameras["empty"]["false_positives"] == 2
    assert scores.cameras["missed"]["mostly_lost"] == 1
    assert scores.multi_camera["IDR"] == 50
    assert scores.multi_camera["IDP"] == pytest.approx(100 * 10 / 12, abs=1e-3)


def test_wrong_input_is_named():
    truth = truth_of(walk(1, range(1, 11)))
    with pytest.raises(DetectionsError, match="no results for 'b'"):
        evaluate({"b": truth}, {"a": truth})
    with pytest.raises(DetectionsError, match="no counted box"):
        evaluate({"a": truth_of(walk(1, range(1, 3), counted=0))}, {"a": truth})


def test_order_of_cameras_and_names_of_identities_change_nothing():
    rng = np.random.default_rng(3)
    people = {name: [walk(p, range(1, 30), 150.0 * p) for p in range(1, 4)] for name in "abc"}
    truth = {name: truth_of(*rows) for name, rows in people.items()}
    ids = {name: rng.integers(1, 5, 4) for name in "abc"}
    for name in ids:
        ids[name] = rng.permutation(4) + 1
    results = {n: results_of(*(walk(int(ids[n][p]), range(1, 30), 150.0 * p + 3) for p in range(1, 4))) for n in "abc"}
    renamed = {n: MotData(d.frames, 100 - d.ids, d.boxes, d.counted) for n, d in results.items()}
    first = evaluate(truth, results).multi_camera
    assert evaluate({n: truth[n] for n in "cab"}, renamed).multi_camera == first
