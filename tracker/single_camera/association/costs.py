"""Cost terms: what speaks against a track and a detection being one person, for every candidate pair at once.

Each term is a function of a `MatchPairs` value and gives (P,) numbers, small when the pair fits, or None where nothing
is known at all; NaN marks single pairs about which the term knows nothing.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tracker.single_camera.association.match_pairs import MatchPairs
from tracker.structures import IntArray

CHI2_95_4DOF = 9.4877
"""95 % quantile of the chi-square distribution with 4 degrees of freedom (DeepSORT's gate)."""

DENSE_SHARE = 0.15
"""From this share of all pairs on, one matrix product is quicker than one dot product per pair (measured)."""


def iou_cost(pairs: MatchPairs) -> NDArray:
    """1 - IoU, in [0, 1]."""
    return 1 - pairs.iou


def scored_iou_cost(pairs: MatchPairs) -> NDArray:
    """1 - IoU * score, in [0, 1] (score fusion of ByteTrack's published code)."""
    return 1 - pairs.iou * pairs.detections.scores[pairs.cols]


def height_iou_cost(pairs: MatchPairs) -> NDArray:
    """1 - IoU * vertical IoU, in [0, 1] (Yang et al., Hybrid-SORT, AAAI 2024: people differ in height and in depth)."""
    return 1 - pairs.iou * pairs.heights


def appearance_cost(pairs: MatchPairs) -> NDArray | None:
    """Cosine distance on the reference scale; NaN where the track or the detection has no embedding."""
    embeddings = pairs.detections.embeddings
    tracks = pairs.tracks
    if embeddings is None or not tracks.embedding.shape[1] or not len(pairs.rows):
        return None
    if len(pairs.rows) > DENSE_SHARE * len(tracks.embedding) * len(embeddings):
        similarity = (tracks.embedding @ embeddings.T)[pairs.rows, pairs.cols]
    else:
        similarity = np.einsum("ij,ij->i", tracks.embedding[pairs.rows], embeddings[pairs.cols])
    known = tracks.has_embedding[pairs.rows] & pairs.embedded[pairs.cols]
    return np.where(known, tracks.rescale(1 - similarity), np.nan)


def contrast_appearance_cost(pairs: MatchPairs, cap: float = 0.5) -> NDArray | None:
    """-(0.75 + w) * cosine similarity / 0.75, where w grows when the best stands out in its row and column.

    Maggiolino et al., Deep OC-SORT, ICIP 2023, adaptive weighting: w is half the sum of the two gaps between best and
    second best, each at most `cap`; for pairs that are not the best of row or column that gap is 0. Departure: best and
    second best are those among overlapping pairs, as pairs apart are never candidates.
    """
    distance = appearance_cost(pairs)
    if distance is None:
        return None
    similarity = 1 - distance
    gaps = _lead(pairs.rows, similarity, cap) + _lead(pairs.cols, similarity, cap)
    return -(1 + gaps / 2 / 0.75) * similarity


def direction_cost(pairs: MatchPairs) -> NDArray:
    """Angle between the track's past and its way to the detection, (angle / π - 1/2) * score, in [-0.5, 0.5].

    Cao et al., OC-SORT, CVPR 2023, observation-centric momentum. Departure: Δt counts the track's own observations.
    """
    observed = pairs.tracks.observed
    centre = (observed[:, :, :2] + observed[:, :, 2:]) / 2  # (M, O, 2)
    boxes = pairs.detections.boxes
    target = (boxes[:, :2] + boxes[:, 2:])[pairs.cols] / 2
    angle = _angle_cost(centre[:, 0] - centre[:, -1], target - centre[pairs.rows, -1], pairs.rows)
    return angle * pairs.detections.scores[pairs.cols]


def corner_direction_cost(pairs: MatchPairs) -> NDArray:
    """Mean over the four corners of angle / π, in [0, 1] (Hybrid-SORT's robust OCM, as in TrackTrack)."""
    boxes, observed = pairs.detections.boxes, pairs.tracks.observed
    total = np.zeros(len(pairs.rows), np.float32)
    for x, y in ((0, 1), (2, 1), (0, 3), (2, 3)):
        corner = [x, y]
        past = observed[:, 0][:, corner] - observed[:, -1][:, corner]
        total += _angle_cost(past, boxes[:, corner][pairs.cols] - observed[pairs.rows, -1][:, corner], pairs.rows)
    return total / 4 + 0.5


def score_cost(pairs: MatchPairs) -> NDArray:
    """|score of the detection - last score of the track| (Hybrid-SORT's TCM without the extrapolation)."""
    return np.abs(pairs.tracks.score[pairs.rows] - pairs.detections.scores[pairs.cols])


def mahalanobis_cost(pairs: MatchPairs) -> NDArray:
    """Squared Mahalanobis distance of the measurement over its 95 % gate; inf outside the gate (DeepSORT)."""
    measured = pairs.tracks.measure(pairs.detections.boxes)[pairs.cols]
    squares = (measured - pairs.tracks.position[pairs.rows]) ** 2 / pairs.tracks.variance()[pairs.rows]
    ratio = squares.sum(axis=1) / CHI2_95_4DOF
    return np.where(ratio <= 1, ratio, np.inf).astype(np.float32)


def _angle_cost(past: NDArray, ahead: NDArray, rows: IntArray) -> NDArray:
    """angle / π - 1/2 between past[rows] (M, 2) and ahead (P, 2); 0 where either has no length."""
    past = past[rows]
    lengths = np.hypot(past[:, 0], past[:, 1]) * np.hypot(ahead[:, 0], ahead[:, 1])
    cosine = np.clip((past * ahead).sum(axis=1) / np.maximum(lengths, 1e-6), -1, 1)
    return np.where(lengths > 1e-6, np.arccos(cosine) / np.pi - 0.5, 0).astype(np.float32)


def _lead(groups: IntArray, similarity: NDArray, cap: float) -> NDArray:
    """How far each group's most similar pair leads its second, at most `cap`; 0 for all other pairs."""
    known = np.nan_to_num(similarity, nan=-1.0)
    order = np.lexsort((-known, groups))
    sorted_groups = groups[order]
    is_first = np.r_[True, sorted_groups[1:] != sorted_groups[:-1]]
    following = np.r_[known[order][1:], 0]
    has_second = np.r_[~is_first[1:], False]
    second = np.where(has_second, following, 0)
    lead = np.zeros(len(groups), np.float32)
    lead[order[is_first]] = np.clip(known[order] - second, 0, cap)[is_first]
    return lead


COSTS: dict[str, Callable[[MatchPairs], NDArray | None]] = {
    "iou": iou_cost,
    "scored_iou": scored_iou_cost,
    "height_iou": height_iou_cost,
    "appearance": appearance_cost,
    "contrast_appearance": contrast_appearance_cost,
    "direction": direction_cost,
    "corners": corner_direction_cost,
    "score": score_cost,
    "mahalanobis": mahalanobis_cost,
}

APPEARANCE_TERMS = frozenset({"appearance", "contrast_appearance"})
"""Those of the terms that look at embeddings; they may know nothing of a pair."""
