"""Appearance of tracklets as vectors that can be compared across cameras.

Each camera shifts all embeddings in a direction of its own: light, white balance, view angle. Taking off the camera's
mean embedding makes the vectors comparable; it is the cheapest and the most effective of the camera-aware corrections.
The mean needs several different people, so it is shrunk by their number.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from crosscam.base.vectors import unit_rows
from tracker.single_camera.tracklets.collector import weighted_mean
from tracker.structures import FloatArray, IntArray, Tracklet

CAMERA_MEAN_WEIGHT = 5.0
"""People a camera must have shown for half of its mean to be taken off. On MARS and Market-1501 tracklets 5 is better
than no correction from three people in six cameras on."""

MIN_HALVES = 4
"""Samples a tracklet must have to be cut into halves for comparison."""


def tracklet_vectors(tracklets: Sequence[Tracklet]) -> tuple[FloatArray, NDArray[np.bool_]]:
    """One unit vector per tracklet: its encoder's, or else the quality-weighted mean of its samples.

    Returns:
        vectors: float32 (N, D), zeros without appearance; D = 0 when no tracklet has any.
        known: bool (N,): whether there is appearance.

    Raises:
        ValueError: Embeddings of different lengths.
    """
    found = [_vector(tracklet) for tracklet in tracklets]
    dimension = next((len(vector) for vector in found if vector is not None), 0)
    vectors = np.zeros((len(tracklets), dimension), np.float32)
    known = np.zeros(len(tracklets), bool)
    for row, vector in enumerate(found):
        if vector is None:
            continue
        if len(vector) != dimension:
            raise ValueError(f"embeddings of one run must have one length, got {dimension} and {len(vector)}")
        vectors[row], known[row] = vector, True
    return vectors, known


def _vector(tracklet: Tracklet) -> FloatArray | None:
    if tracklet.embedding is not None:
        return unit_rows(tracklet.embedding[None])[0]
    if len(tracklet.samples) == 0 or tracklet.samples.shape[1] == 0:
        return None
    return weighted_mean(tracklet.samples, tracklet.qualities)


def camera_means(vectors: FloatArray, cameras: IntArray, people: IntArray | None = None) -> FloatArray:
    """Mean embedding of each camera, shrunk towards nothing where few people were seen.

    Args:
        vectors: Unit vectors, float32 (N, D).
        cameras: Camera number of each, from 0, (N,).
        people: Number of the person of each as far as known, (N,): every person then counts once per camera. Without
            it every tracklet counts as a person.

    Returns:
        float32 (C, D), not of unit length.
    """
    means = np.zeros((int(cameras.max(initial=-1)) + 1, vectors.shape[1]), np.float32)
    for camera in range(len(means)):
        mine = vectors[cameras == camera]
        if people is not None and len(mine):
            _, who, size = np.unique(people[cameras == camera], return_inverse=True, return_counts=True)
            sums = np.zeros((len(size), vectors.shape[1]), np.float32)
            np.add.at(sums, who, mine)
            mine = sums / size[:, None]
        if len(mine):
            means[camera] = mine.mean(axis=0) * (len(mine) / (len(mine) + CAMERA_MEAN_WEIGHT))
    return means


def without_camera(vectors: FloatArray, cameras: IntArray, means: FloatArray) -> FloatArray:
    """The vectors less their camera's mean, of unit length, float32 (N, D)."""
    return unit_rows(vectors - means[cameras])


class TrackletHalves:
    """The first and the second half of each tracklet with enough samples, to be compared under any camera means.

    Args:
        tracklets: N tracklets.
        cameras: Camera number of each, from 0, (N,).
        dimension: Length of the embeddings; tracklets with samples of another length are left out.
    """

    def __init__(self, tracklets: Sequence[Tracklet], cameras: IntArray, dimension: int) -> None:
        enough = [
            len(tracklet.samples) >= MIN_HALVES and tracklet.samples.shape[1] == dimension for tracklet in tracklets
        ]
        self._cameras = cameras[np.array(enough, bool)]
        self._halves = np.zeros((len(self._cameras), 2, dimension), np.float32)
        for halves, row in zip(self._halves, np.flatnonzero(enough).tolist(), strict=True):
            tracklet = tracklets[row]
            order = np.argsort(tracklet.sample_frames, kind="stable")
            for half, part in enumerate((order[: len(order) // 2], order[len(order) // 2 :])):
                halves[half] = weighted_mean(tracklet.samples[part], tracklet.qualities[part])

    def similarities(self, means: FloatArray) -> FloatArray:
        """Similarity between the two halves of each, less their camera's mean, float32 (H,)."""
        first, second = (unit_rows(self._halves[:, half] - means[self._cameras]) for half in (0, 1))
        return (first[:, None, :] @ second[:, :, None])[:, 0, 0]  # (H, 1, D) @ (H, D, 1)
