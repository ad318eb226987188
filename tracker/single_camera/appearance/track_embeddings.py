"""Embeddings of tracks: how a new one changes the old, and which crops are worth embedding at all."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from crosscam.base.box_overlap import overlap_of_pairs, overlapping_pairs
from tracker.single_camera.appearance.crop_quality import plain_quality
from tracker.single_camera.appearance.distance_scale import AppearanceScale
from tracker.single_camera.options import TrackerOptions
from tracker.single_camera.table import TRACKED, TrackTable
from tracker.structures import Detections, FloatArray, Frame, IntArray

CLEAR_IOU = 0.6
"""A detection that overlaps one tracked person this much, and no other at all, is that person without looking."""

RIVAL_IOU = 0.05
"""A second track or detection that overlaps this much makes a match ambiguous."""

MOMENTUM_S = 0.04
"""Published momenta are per frame, of videos of 25 to 30 frames per second."""

CLEAN_NOISE = 0.1226
"""`AppearanceScale.noise` of the built-in embedder, for which a momentum of 0.9 is best."""

REFRESH_S = 0.2
"""An embedding older than this is refreshed: it is a mean, and crops closer in time show much the same."""

BETTER_CROP = 1.25
"""A crop this many times better than the best one so far is worth embedding for the tracklet."""


def fitted_momentum(noise: float) -> float:
    """The momentum for an embedder of this `AppearanceScale.noise`.

    The more the crops of a person scatter, the more of them the mean needs: as many times more as the square of the
    noise. At 0.12 a crop of 25 frames per second counts a tenth, at 0.2, which is OSNet's, a twenty-fifth.
    """
    return float(0.9 ** ((CLEAN_NOISE / max(noise, 1e-3)) ** 2))


def resolve_momentum(momentum: float | None, scale: AppearanceScale) -> float:
    """The option `appearance_momentum`: itself, or where it is null what the embedder's scatter asks for."""
    return fitted_momentum(scale.noise) if momentum is None else momentum


def update_embeddings(
    table: TrackTable, rows: IntArray, embeddings: FloatArray, trust: FloatArray, now_s: float, momentum: float
) -> None:
    """Move the embeddings of matched rows towards those of their detections.

    Exponential moving average of unit vectors, scaled to unit length (BoT-SORT, equation 11); the first one is taken as
    it is. `trust` 1 gives the new embedding the weight 1 - `momentum`, trust 0 none (Deep OC-SORT, equation 3).
    Departure: the old one loses weight with time, not with the number of crops, since clear tracks are embedded seldom.

    Args:
        rows: int64 (K,), matched tracks whose detections have an embedding.
        embeddings: float32 (K, D), unit length.
        trust: float32 (K,), in [0, 1].
        now_s: Present time, in seconds.
        momentum: Weight of the old embedding after `MOMENTUM_S`.
    """
    if not len(rows):
        return
    fresh = table["embedded_s"][rows] == -np.inf
    elapsed_s = np.where(fresh, 0.0, now_s - table["embedded_s"][rows])
    share = (1 - momentum ** (elapsed_s / MOMENTUM_S)) * trust
    weight = np.where(fresh, 1.0, share).astype(np.float32)[:, None]
    mixed = table["embedding"][rows]
    mixed += weight * (embeddings - mixed)
    mixed /= np.maximum(np.sqrt(np.einsum("ij,ij->i", mixed, mixed)), 1e-6)[:, None]
    table["embedding"][rows] = mixed
    table["embedded_s"][rows] = now_s


def choose_crops(
    frame: Frame, detections: Detections, table: TrackTable, predicted: FloatArray, options: TrackerOptions
) -> NDArray[np.bool_]:
    """Which detections need an embedding, bool (N,).

    Those that may found a track, that more than one track or detection competes for, whose track was lost, whose
    track's embedding is old or missing, or whose crop is much better than all before.
    """
    if not len(detections):
        return np.zeros(0, np.bool_)
    count = len(detections)
    useful = detections.scores >= options.appearance_score
    if not len(table):
        return useful
    rows, cols = overlapping_pairs(predicted, detections.boxes)
    iou, _ = overlap_of_pairs(predicted[rows], detections.boxes[cols])
    clear, rival = iou >= CLEAR_IOU, iou >= RIVAL_IOU
    rivals = np.bincount(cols[rival], minlength=count)
    competitors = np.bincount(rows[rival], minlength=len(table))
    known = clear & (rivals[cols] == 1) & (competitors[rows] == 1) & (table["state"][rows] == TRACKED)
    owner = np.full(count, -1)
    owner[cols[known]] = rows[known]
    owned = owner >= 0
    quality = plain_quality(detections.boxes, detections.scores)
    stale = frame.time_s - table["embedded_s"][owner] > REFRESH_S
    better = quality > BETTER_CROP * table["crop_quality"][owner]
    return useful & (~owned | stale | better)
