"""Calibration from labelled tracklets: error rates per camera pair, and a stored calibration."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from crosscam.base.errors import ConfigError
from crosscam.base.files import write_text
from tracker.cross_camera.evidence.appearance import camera_means, tracklet_vectors, without_camera
from tracker.cross_camera.evidence.compared_pairs import score_pairs
from tracker.structures import FloatArray, IntArray, Tracklet

MIN_PAIRS = 5
"""Pairs of each kind that a calibration needs."""


@dataclass(frozen=True, eq=False)
class LabelledPairs:
    """Compared pairs of tracklets of known people.

    Attributes:
        similarity: As the associator compares them, float32 (P,).
        same: bool (P,): whether the pair is one person.
        cameras: The two cameras of each pair, in order of name.
    """

    similarity: FloatArray
    same: NDArray[np.bool_]
    cameras: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class ErrorRates:
    """Errors of one camera pair, or of all, at one threshold.

    Attributes:
        cameras: The two cameras, or ("all", "all").
        same_pairs: Pairs of one person.
        different_pairs: Pairs of two people.
        false_match_rate: Share of the different pairs that are accepted; NaN without any.
        false_non_match_rate: Share of the same pairs that are rejected; NaN without any.
    """

    cameras: tuple[str, str]
    same_pairs: int
    different_pairs: int
    false_match_rate: float
    false_non_match_rate: float


def compare_labelled(tracklets: Sequence[Tracklet], people: IntArray) -> LabelledPairs:
    """Compare all pairs of tracklets with appearance; `people` (N,) names the person of each.

    Raises:
        ConfigError: Too few pairs of one kind.
    """
    vectors, known = tracklet_vectors(tracklets)
    rows: IntArray = np.flatnonzero(known)
    names = [tracklets[row].camera_id for row in rows.tolist()]
    cameras = np.unique(names, return_inverse=True)[1].astype(np.int64)
    means = camera_means(vectors[rows], cameras, people[rows])
    scored = score_pairs(without_camera(vectors[rows], cameras, means), np.zeros((0, 2), np.int64))
    same = people[rows][scored.first] == people[rows][scored.second]
    if same.sum() < MIN_PAIRS or (~same).sum() < MIN_PAIRS:
        raise ConfigError(
            f"a calibration needs at least {MIN_PAIRS} pairs of one person and of two people, "
            f"found {same.sum()} and {(~same).sum()}"
        )
    pairs = [
        (min(names[a], names[b]), max(names[a], names[b]))
        for a, b in zip(scored.first.tolist(), scored.second.tolist(), strict=True)
    ]
    return LabelledPairs(scored.similarity, same, pairs)


def threshold_at(pairs: LabelledPairs, false_match_rate: float) -> float:
    """Similarity that this share of the pairs of two people exceeds."""
    return float(np.quantile(pairs.similarity[~pairs.same], 1 - false_match_rate))


def error_rates(pairs: LabelledPairs, threshold: float) -> list[ErrorRates]:
    """Error rates over all pairs, then of each camera pair, when those above `threshold` are accepted."""
    accepted = pairs.similarity > threshold
    groups: dict[tuple[str, str], list[int]] = {}
    for index, cameras in enumerate(pairs.cameras):
        groups.setdefault(cameras, []).append(index)
    whole = _rates(("all", "all"), accepted, pairs.same)
    return [whole, *(_rates(c, accepted[i], pairs.same[i]) for c, i in sorted(groups.items()))]


def _rates(cameras: tuple[str, str], accepted: NDArray[np.bool_], same: NDArray[np.bool_]) -> ErrorRates:
    different = ~same
    false_match = float(accepted[different].mean()) if different.any() else float("nan")
    false_non_match = float((~accepted[same]).mean()) if same.any() else float("nan")
    return ErrorRates(cameras, int(same.sum()), int(different.sum()), false_match, false_non_match)


def write_calibration(path: Path, pairs: LabelledPairs, reid_model: str) -> None:
    """Store mean and deviation of both kinds of pairs, for `cross_camera.calibration`.

    Raises:
        InputError: The file cannot be written.
    """
    kinds = {"different": pairs.similarity[~pairs.same], "same": pairs.similarity[pairs.same]}
    content = {
        "schema": 1,
        "reid_model": reid_model,
        **{name: {"mean": float(v.mean()), "deviation": float(v.std()), "pairs": len(v)} for name, v in kinds.items()},
    }
    write_text(path, json.dumps(content, indent=2) + "\n")


def read_calibration(path: str | Path) -> tuple[tuple[float, float], tuple[float, float]]:
    """(mean, deviation) of pairs of different people and of one person.

    Raises:
        ConfigError: The file cannot be read or is no calibration.
    """
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        different, same = (
            (float(content[name]["mean"]), float(content[name]["deviation"])) for name in ("different", "same")
        )
    except OSError as error:
        raise ConfigError(f"cannot read calibration {path}: {error}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{path} is no calibration; expected a file of crosscam calibrate identity") from error
    if not (same[0] > different[0] and different[1] > 0 and same[1] > 0):
        raise ConfigError(f"{path}: one person must look more alike than two; found means {same[0]}, {different[0]}")
    return different, same
