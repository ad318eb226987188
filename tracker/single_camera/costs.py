"""Cost terms: what speaks against a track and a detection being one person, for every candidate pair at once.

Each term is a function of a `Candidates` value and gives (P,) numbers, small when the pair fits, or None where nothing
is known at all; NaN marks single pairs about which the term knows nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracker.geometry import MIN_AREA
from tracker.single_camera.candidates import overlapping_pairs
from tracker.structures import Detections, FloatArray, IntArray

CHI2_95_4DOF = 9.4877
"""95 % quantile of the chi-square distribution with 4 degrees of freedom (DeepSORT's gate)."""

DENSE_SHARE = 0.15
"""From this share of all pairs on, one matrix product is quicker than one dot product per pair (measured)."""


@dataclass(frozen=True, eq=False)
class TrackView:
    """What cost terms may know of the live tracks, one row per track (see `TrackTable`).

    Attributes:
        predicted: float32 (M, 4), boxes where the filter expects them now.
        observed: float32 (M, O, 4), last detected boxes, newest first.
        score: float32 (M,).
        embedding: float32 (M, D), D = 0 without appearance.
        has_embedding: bool (M,).
        rescale: Cosine distances to the scale that gates are written in.
        position, variance: float64 (M, 4), expected measurement and the variance of measured minus expected.
        measure: Boxes to measurements.
    """

    predicted: FloatArray
    observed: FloatArray
    score: FloatArray
    embedding: FloatArray
    has_embedding: NDArray[np.bool_]
    rescale: Callable[[NDArray], NDArray]
    position: NDArray[np.float64]
    variance: Callable[[], NDArray[np.float64]]
    measure: Callable[[NDArray], NDArray[np.float64]]


@dataclass(frozen=True, eq=False)
class Candidates:
    """Pairs of a track and a detection that overlap.

    Attributes:
        tracks, detections: What the indices refer to.
        embedded: bool (N,), detections with an embedding.
        rows, cols: int64 (P,), track and detection of each pair.
        iou: float32 (P,), overlap of the boxes as compared (predicted or observed, expanded or not).
        heights: float32 (P,), overlap of the vertical extents (1-D intersection over union).
    """

    tracks: TrackView
    detections: Detections
    embedded: NDArray[np.bool_]
    rows: IntArray
    cols: IntArray
    iou: FloatArray
    heights: FloatArray

    def take(self, chosen: NDArray) -> Candidates:
        """The pairs chosen by a mask or an index."""
        return Candidates(
            self.tracks,
            self.detections,
            self.embedded,
            self.rows[chosen],
            self.cols[chosen],
            self.iou[chosen],
            self.heights[chosen],
        )


def find_candidates(
    tracks: TrackView,
    detections: Detections,
    embedded: NDArray[np.bool_],
    free_tracks: IntArray,
    free_detections: IntArray,
    observed: bool = False,
    expand: float = 0.0,
) -> Candidates:
    """Pairs of a free track and a free detection that overlap.

    Args:
        tracks, detections, embedded: See `Candidates`.
        free_tracks: Rows of the tracks that take part.
        free_detections: Rows of the detections that take part.
        observed: Compare with the boxes last observed instead of those predicted.
        expand: Boxes grow by this share of their sides, on each side.
    """
    a = tracks.observed[free_tracks, 0] if observed else tracks.predicted[free_tracks]
    b = detections.boxes[free_detections]
    if expand:
        a, b = grow_boxes(a, expand), grow_boxes(b, expand)
    rows, cols = overlapping_pairs(a, b)
    iou, heights = overlap_of_pairs(a[rows], b[cols])
    return Candidates(tracks, detections, embedded, free_tracks[rows], free_detections[cols], iou, heights)


def grow_boxes(boxes: NDArray, share: float) -> NDArray:
    """Boxes whose sides are 1 + 2 * `share` times as long (Yang et al., C-BIoU, WACV 2023)."""
    margin = (boxes[:, 2:] - boxes[:, :2]) * np.float32(share)
    return np.concatenate([boxes[:, :2] - margin, boxes[:, 2:] + margin], axis=1)


def overlap_of_pairs(a: NDArray, b: NDArray) -> tuple[FloatArray, FloatArray]:
    """Intersection over union of boxes a[i] and b[i], and of their vertical extents, (P,) each; they must overlap."""
    shared = np.minimum(a[:, 2:], b[:, 2:]) - np.maximum(a[:, :2], b[:, :2])
    a_sides, b_sides = a[:, 2:] - a[:, :2], b[:, 2:] - b[:, :2]
    area = shared[:, 0] * shared[:, 1]
    union = a_sides[:, 0] * a_sides[:, 1] + b_sides[:, 0] * b_sides[:, 1] - area
    heights = shared[:, 1] / (a_sides[:, 1] + b_sides[:, 1] - shared[:, 1])
    return area / np.maximum(union, MIN_AREA), heights


def iou_cost(pairs: Candidates) -> NDArray:
    """1 - IoU, in [0, 1]."""
    return 1 - pairs.iou


def scored_iou_cost(pairs: Candidates) -> NDArray:
    """1 - IoU * score, in [0, 1] (score fusion of ByteTrack's published code)."""
    return 1 - pairs.iou * pairs.detections.scores[pairs.cols]


def height_iou_cost(pairs: Candidates) -> NDArray:
    """1 - IoU * vertical IoU, in [0, 1] (Yang et al., Hybrid-SORT, AAAI 2024: people differ in height and in depth)."""
    return 1 - pairs.iou * pairs.heights


def appearance_cost(pairs: Candidates) -> NDArray | None:
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


def contrast_appearance_cost(pairs: Candidates, cap: float = 0.5) -> NDArray | None:
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


def direction_cost(pairs: Candidates) -> NDArray:
    """Angle between the track's past and its way to the detection, (angle / π - 1/2) * score, in [-0.5, 0.5].

    Cao et al., OC-SORT, CVPR 2023, observation-centric momentum. Departure: Δt counts the track's own observations.
    """
    observed = pairs.tracks.observed
    centre = (observed[:, :, :2] + observed[:, :, 2:]) / 2  # (M, O, 2)
    boxes = pairs.detections.boxes
    target = (boxes[:, :2] + boxes[:, 2:])[pairs.cols] / 2
    angle = _angle_cost(centre[:, 0] - centre[:, -1], target - centre[pairs.rows, -1], pairs.rows)
    return angle * pairs.detections.scores[pairs.cols]


def corner_direction_cost(pairs: Candidates) -> NDArray:
    """Mean over the four corners of angle / π, in [0, 1] (Hybrid-SORT's robust OCM, as in TrackTrack)."""
    boxes, observed = pairs.detections.boxes, pairs.tracks.observed
    total = np.zeros(len(pairs.rows), np.float32)
    for x, y in ((0, 1), (2, 1), (0, 3), (2, 3)):
        corner = [x, y]
        past = observed[:, 0][:, corner] - observed[:, -1][:, corner]
        total += _angle_cost(past, boxes[:, corner][pairs.cols] - observed[pairs.rows, -1][:, corner], pairs.rows)
    return total / 4 + 0.5


def score_cost(pairs: Candidates) -> NDArray:
    """|score of the detection - last score of the track| (Hybrid-SORT's TCM without the extrapolation)."""
    return np.abs(pairs.tracks.score[pairs.rows] - pairs.detections.scores[pairs.cols])


def mahalanobis_cost(pairs: Candidates) -> NDArray:
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


COSTS: dict[str, Callable[[Candidates], NDArray | None]] = {
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
