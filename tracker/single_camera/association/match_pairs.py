"""Pairs of a track and a detection that overlap: what cost terms look at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crosscam.base.box_overlap import grow_boxes, overlap_of_pairs, overlapping_pairs
from tracker.structures import Detections, FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class TrackView:
    """What cost terms may know of the live tracks, one row per track (see `TrackTable`).

    Attributes:
        predicted: float32 (M, 4), boxes where the filter expects them now.
        observed: float32 (M, O, 4), last detected boxes, newest first.
        score: float32 (M,).
        embedding: float32 (M, D), D = 0 without appearance.
        has_embedding: bool (M,).
        rescale: Brings cosine distances to the scale that gates are written in.
        position: float64 (M, 4), expected measurements.
        variance: Gives the variance of measured minus expected, float64 (M, 4).
        measure: Boxes (N, 4) to measurements, float64 (N, 4).
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
class MatchPairs:
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

    def take(self, chosen: NDArray) -> MatchPairs:
        """The pairs chosen by a mask or an index."""
        return MatchPairs(
            self.tracks,
            self.detections,
            self.embedded,
            self.rows[chosen],
            self.cols[chosen],
            self.iou[chosen],
            self.heights[chosen],
        )


def find_pairs(
    tracks: TrackView,
    detections: Detections,
    embedded: NDArray[np.bool_],
    free_tracks: IntArray,
    free_detections: IntArray,
    observed: bool = False,
    expand: float = 0.0,
) -> MatchPairs:
    """Pairs of a free track and a free detection that overlap.

    Args:
        tracks, detections, embedded: See `MatchPairs`.
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
    return MatchPairs(tracks, detections, embedded, free_tracks[rows], free_detections[cols], iou, heights)
