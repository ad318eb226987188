"""How far apart an embedder puts crops of one person and of two: what gates and thresholds have to know of it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from crosscam.base.vectors import unit_rows


class DistanceScale(NamedTuple):
    """Cosine distances between a crop and the mean of other crops in the same camera.

    Attributes:
        same: Mean within one person.
        spread: Standard deviation within one person.
        different: Mean between two people.
    """

    same: float
    spread: float
    different: float


def measure_distances(
    embeddings: NDArray[np.float32], people: NDArray[np.int64], cameras: NDArray[np.int64]
) -> DistanceScale | None:
    """Measure the scale on labelled crops, best on people who were not trained on.

    Args:
        embeddings: Unit vectors, float32 (N, D).
        people: Person of each crop, (N,).
        cameras: Camera of each crop, (N,).

    Returns:
        None where no camera shows two people, or nobody twice.
    """
    keys, group = np.unique(np.stack([cameras, people], axis=1), axis=0, return_inverse=True)
    group = group.reshape(-1)
    sums = np.zeros((len(keys), embeddings.shape[1]), np.float32)
    np.add.at(sums, group, embeddings)
    sizes = np.bincount(group)
    several = sizes[group] > 1
    rest = unit_rows(sums[group[several]] - embeddings[several])
    same = 1 - np.einsum("ij,ij->i", rest, embeddings[several])
    in_camera = (keys[:, 0] == cameras[:, None]) & (keys[:, 1] != people[:, None])
    different = (1 - embeddings @ unit_rows(sums).T)[in_camera]
    if not len(same) or not len(different):
        return None
    return DistanceScale(float(same.mean()), float(same.std()), float(different.mean()))
