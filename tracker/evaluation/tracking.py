"""Scores of tracking results: each camera, all pooled, and one identity space over all cameras."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, SupportsFloat

import numpy as np

from crosscam.base.errors import DetectionsError
from tracker.evaluation.frame_matching import Matches, drop_ignored, match_boxes
from tracker.evaluation.identity_errors import IdentityErrors, find_identity_errors
from tracker.evaluation.metrics import RawScores, combine_sequences, score_sequence
from tracker.evaluation.mot_data import MotData

Scores = dict[str, float | int]
"""Percent for rates, plain numbers for counts."""

HOTA_FIELDS = ("HOTA", "DetA", "AssA", "DetRe", "DetPr", "AssRe", "AssPr", "LocA", "OWTA")
CLEAR_RATES = {"MOTA": "MOTA", "MOTP": "MOTP", "recall": "CLR_Re", "precision": "CLR_Pr"}
CLEAR_COUNTS = {
    "id_switches": "IDSW",
    "fragmentations": "Frag",
    "false_positives": "CLR_FP",
    "false_negatives": "CLR_FN",
    "mostly_tracked": "MT",
    "partly_tracked": "PT",
    "mostly_lost": "ML",
}
IDENTITY_RATES = ("IDF1", "IDP", "IDR")
IDENTITY_COUNTS = ("IDTP", "IDFN", "IDFP")


@dataclass(frozen=True, eq=False)
class TrackingScores:
    """All that `tools/evaluate_tracking.py` reports.

    Attributes:
        cameras: Scores by camera (or sequence).
        combined: All cameras pooled, identities of different cameras kept apart.
        multi_camera: One identity space over all cameras. Without CLEAR: its switches depend on an order of frames,
            and there is none between cameras.
        hota_curves: HOTA over the 19 localisation thresholds 0.05 to 0.95, in percent, by camera, and of `combined`
            and `multi_camera`.
        matches: Which result shows which person, by camera.
        identity_errors: Merged and split people over all cameras.
        rows_after_end: Number of result rows left out because they lie after the last frame with ground truth.
    """

    cameras: dict[str, Scores]
    combined: Scores
    multi_camera: Scores
    hota_curves: dict[str, list[float]] = field(repr=False)
    matches: dict[str, Matches] = field(repr=False)
    identity_errors: IdentityErrors = field(repr=False)
    rows_after_end: int = 0

    def to_dict(self) -> dict[str, Any]:
        """The scores as JSON takes them."""
        return {"cameras": self.cameras, "combined": self.combined, "multi_camera": self.multi_camera}


def _percent(value: SupportsFloat) -> float:
    return round(100.0 * float(value), 4)


def _hota_and_identity(raw: RawScores) -> Scores:
    """HOTA with its parts, averaged over the thresholds, and Identity."""
    scores: Scores = {name: _percent(np.mean(raw["HOTA"][name])) for name in HOTA_FIELDS}
    scores |= {name: _percent(raw["Identity"][name]) for name in IDENTITY_RATES}
    return scores | {name: int(raw["Identity"][name]) for name in IDENTITY_COUNTS}


def _all_metrics(raw: RawScores) -> Scores:
    """HOTA, Identity and CLEAR."""
    scores = _hota_and_identity(raw)
    scores |= {name: _percent(raw["CLEAR"][field_name]) for name, field_name in CLEAR_RATES.items()}
    return scores | {name: int(raw["CLEAR"][field_name]) for name, field_name in CLEAR_COUNTS.items()}


def _sizes(truth: MotData, results: MotData) -> Scores:
    """How much was scored."""
    return {
        "boxes": len(truth),
        "people": len(np.unique(truth.ids)),
        "result_boxes": len(results),
        "result_ids": len(np.unique(results.ids)),
    }


def _curve(raw: RawScores) -> list[float]:
    return [_percent(value) for value in raw["HOTA"]["HOTA"]]


def concatenate_cameras(cameras: Mapping[str, MotData], lengths: Mapping[str, int]) -> MotData:
    """All cameras as one long video: frames of one camera after those of another, identities as they are.

    Args:
        cameras: Data by camera.
        lengths: Number of frames to leave for each camera.
    """
    starts = dict(zip(cameras, np.cumsum([0, *(lengths[name] for name in cameras)])[:-1], strict=True))
    return MotData(
        np.concatenate([data.frames + starts[name] for name, data in cameras.items()]),
        np.concatenate([data.ids for data in cameras.values()]),
        np.concatenate([data.boxes for data in cameras.values()]),
        np.concatenate([data.counted for data in cameras.values()]),
    )


def _score_all_cameras(truth: Mapping[str, MotData], results: Mapping[str, MotData]) -> tuple[Scores, list[float]]:
    """Scores and HOTA curve over one identity space."""
    lengths = {name: max(truth[name].last_frame, results[name].last_frame) for name in truth}
    all_truth, all_results = concatenate_cameras(truth, lengths), concatenate_cameras(results, lengths)
    raw = score_sequence(all_truth, all_results)
    return _hota_and_identity(raw) | _sizes(all_truth, all_results), _curve(raw)


def _error_scores(errors: IdentityErrors) -> Scores:
    return {
        "pair_precision": _percent(errors.pair_precision),
        "pair_recall": _percent(errors.pair_recall),
        "merged_identities": len(errors.merges),
        "wrong_merges": errors.wrong_merges,
        "split_people": len(errors.splits),
        "wrong_splits": errors.wrong_splits,
    }


def _cut(results: Mapping[str, MotData], ends: Mapping[str, int]) -> dict[str, MotData]:
    """The results up to the last frame of each camera."""
    return {name: data[data.frames <= ends[name]] for name, data in results.items()}


def scored_frames(truth: Mapping[str, MotData]) -> dict[str, int]:
    """The last frame that is scored in each camera.

    It is the sequence's known length, else the last frame with ground truth in any camera: ground truth that covers
    the first half of a recording is scored on this half, and people invented where a camera is empty still count.
    """
    last = max((data.last_frame for data in truth.values()), default=0)
    return {name: data.length if data.length is not None else last for name, data in truth.items()}


def evaluate(
    ground_truth: Mapping[str, MotData], results: Mapping[str, MotData], last_frame: int | None = None
) -> TrackingScores:
    """Score results against ground truth.

    Args:
        ground_truth: By camera or sequence; rows that do not count are ignore regions (`drop_ignored`).
        results: By camera, the same names.
        last_frame: Score all cameras up to this frame; None is the automatic limit of `scored_frames`.

    Raises:
        DetectionsError: There is nothing to score, or a camera has no results.
    """
    if missing := sorted(ground_truth.keys() - results.keys()):
        raise DetectionsError(f"no results for {missing[0]!r}; results are there for {sorted(results)}")
    if not any(data.counted.any() for data in ground_truth.values()):
        raise DetectionsError("the ground truth holds no counted box (column 7 other than 0)")
    ends = scored_frames(ground_truth) if last_frame is None else dict.fromkeys(ground_truth, last_frame)
    asked = {name: results[name] for name in ground_truth}
    cut_truth, cut_results = _cut(ground_truth, ends), _cut(asked, ends)
    pairs = {name: drop_ignored(cut_truth[name], cut_results[name]) for name in ground_truth}
    scores = _score_pairs({n: p[0] for n, p in pairs.items()}, {n: p[1] for n, p in pairs.items()})
    return replace(scores, rows_after_end=sum(len(asked[name]) - len(cut_results[name]) for name in asked))


def _score_pairs(truth: dict[str, MotData], results: dict[str, MotData]) -> TrackingScores:
    """Score what is left after ignore regions are gone."""
    raw = {name: score_sequence(truth[name], results[name]) for name in truth}
    pooled = combine_sequences(raw)
    matches = {name: match_boxes(truth[name], results[name]) for name in truth}
    errors = find_identity_errors(
        np.concatenate([m.person_ids for m in matches.values()]),
        np.concatenate([m.result_ids for m in matches.values()]),
    )
    multi_camera, multi_camera_curve = _score_all_cameras(truth, results)
    curves = {name: _curve(fields) for name, fields in raw.items()}
    return TrackingScores(
        cameras={name: _all_metrics(raw[name]) | _sizes(truth[name], results[name]) for name in truth},
        combined=_all_metrics(pooled),
        multi_camera=multi_camera | _error_scores(errors),
        hota_curves=curves | {"combined": _curve(pooled), "multi_camera": multi_camera_curve},
        matches=matches,
        identity_errors=errors,
    )
