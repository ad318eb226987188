"""Finding a person among the tracklets of a run by appearance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from crosscam.base.vectors import unit_rows
from tracker.cross_camera.evidence.appearance import camera_means, tracklet_vectors, without_camera
from tracker.cross_camera.evidence.log_odds import live_calibration
from tracker.cross_camera.options import CrossCameraOptions
from tracker.structures import FloatArray, Tracklet

BEST_SAMPLES = 3
"""Samples of a tracklet that are averaged when one picture is looked for: the view nearest to it counts."""


@dataclass(frozen=True, eq=False)
class Hit:
    """A tracklet that looks like the person.

    Attributes:
        index: Of the tracklet in the list that was searched.
        score: Similarity, in [-1, 1], with the camera's mean taken off; of a description, in [0, 1], how well it fits.
        probability: That it is the person, in [0, 1], as calibrated on the run; None where that cannot be said.
        sample: Index of the most similar sample, or None without samples.
    """

    index: int
    score: float
    probability: float | None
    sample: int | None


def search_tracklets(query: FloatArray, tracklets: Sequence[Tracklet], camera: str | None = None) -> list[Hit]:
    """Tracklets by likeness to a person, the best first; those without appearance are left out.

    Args:
        query: Unit vectors of the person, float32 (Q, D): one picture, or samples of a tracklet.
        tracklets: Where to look.
        camera: Camera of the query where it is one of the run; the mean over all cameras is taken off otherwise.

    Raises:
        ValueError: The query has another length than the tracklets' embeddings.
    """
    vectors, known = tracklet_vectors(tracklets)
    rows = np.flatnonzero(known).tolist()
    if not rows:
        return []
    if query.shape[1] != vectors.shape[1]:
        raise ValueError(f"the person's embedding has length {query.shape[1]}, those of the run {vectors.shape[1]}")
    seen = [tracklets[row] for row in rows]
    names = sorted({t.camera_id for t in seen})
    indices = {name: k for k, name in enumerate(names)}
    cameras = np.array([indices[t.camera_id] for t in seen], np.int64)
    found = live_calibration(seen, indices, CrossCameraOptions())
    means = found[0] if found else camera_means(vectors[known], cameras)
    own = means[indices[camera]] if camera in indices else means[cameras].mean(axis=0)
    person = unit_rows(query - own)
    whole = without_camera(vectors[known], cameras, means)
    hits = []
    for place, (row, tracklet) in enumerate(zip(rows, seen, strict=True)):
        candidates = tracklet.samples if len(tracklet.samples) else whole[place : place + 1]
        centred = unit_rows(tracklet.samples - means[cameras[place]]) if len(tracklet.samples) else candidates
        likeness = (centred @ person.T).mean(axis=1)  # (K,)
        nearest = float(np.sort(likeness)[-BEST_SAMPLES:].mean())
        score = (nearest + float((whole[place] @ person.T).mean())) / 2
        probability = float(expit(found[1](np.array([score]))[0])) if found else None
        sample = int(likeness.argmax()) if len(tracklet.samples) else None
        hits.append(Hit(row, score, probability, sample))
    return sorted(hits, key=lambda hit: (-hit.score, hit.index))
