"""HOTA, CLEAR and Identity of one sequence and of several, computed by TrackEval.

HOTA: Luiten et al., IJCV 2020, arXiv:2009.07736. CLEAR: Bernardin and Stiefelhagen, EURASIP 2008. Identity (IDF1):
Ristani et al., ECCVW 2016, arXiv:1609.01775. TrackEval's metric classes get arrays, never files.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np

from crosscam.base.boxes import box_iou
from tracker.evaluation.frame_matching import frame_slices
from tracker.evaluation.mot_data import MotData

RawScores = dict[str, dict[str, Any]]
"""TrackEval's fields by metric: {"HOTA": {...}, "CLEAR": {...}, "Identity": {...}}, in [0, 1]."""


@cache
def _trackeval_metrics() -> dict[str, Any]:
    """The metric objects; TrackEval is imported here because it loads matplotlib and pycocotools."""
    from trackeval.metrics import CLEAR, HOTA, Identity

    quiet = {"PRINT_CONFIG": False}
    return {"HOTA": HOTA(), "CLEAR": CLEAR(quiet), "Identity": Identity(quiet)}


def _trackeval_sequence(truth: MotData, results: MotData) -> dict[str, Any]:
    """One sequence in TrackEval's layout: per frame, ids counted from 0 and the IoU of each pair."""
    person_names, person_ids = np.unique(truth.ids, return_inverse=True)
    result_names, result_ids = np.unique(results.ids, return_inverse=True)
    frames = np.union1d(truth.frames, results.frames)  # frames without any box change no score
    of_truth, of_results = frame_slices(truth.frames, frames), frame_slices(results.frames, frames)
    pairs = list(zip(of_truth, of_results, strict=True))
    return {
        "num_timesteps": len(frames),
        "gt_ids": [person_ids[rows] for rows in of_truth],
        "tracker_ids": [result_ids[rows] for rows in of_results],
        "similarity_scores": [box_iou(truth.boxes[g], results.boxes[r]) for g, r in pairs],
        "num_gt_ids": len(person_names),
        "num_tracker_ids": len(result_names),
        "num_gt_dets": len(truth),
        "num_tracker_dets": len(results),
    }


def score_sequence(truth: MotData, results: MotData) -> RawScores:
    """TrackEval's fields of one sequence; ignore regions must be gone (`drop_ignored`)."""
    sequence = _trackeval_sequence(truth, results)
    return {name: metric.eval_sequence(sequence) for name, metric in _trackeval_metrics().items()}


def combine_sequences(scores: Mapping[str, RawScores]) -> RawScores:
    """TrackEval's fields of several sequences pooled, their identities kept apart."""
    return {
        name: metric.combine_sequences({sequence: raw[name] for sequence, raw in scores.items()})
        for name, metric in _trackeval_metrics().items()
    }
