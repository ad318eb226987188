"""Rows of `tracking.sqlite` that have no type of their own elsewhere, and embeddings as bytes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

VECTOR = np.dtype("<f4")


@dataclass(frozen=True)
class GroundPosition:
    """Where a person stood at one moment.

    Attributes:
        identity_id: The person.
        time_s: Seconds on the shared clock.
        x_m: East of the origin of the calibration, in metres.
        y_m: North of it, in metres.
        cameras: Names of the cameras that saw it.
    """

    identity_id: int
    time_s: float
    x_m: float
    y_m: float
    cameras: tuple[str, ...]


def to_blob(vector: NDArray) -> bytes:
    """A float32 vector as bytes."""
    return vector.astype(VECTOR).tobytes()


def from_blob(data: bytes) -> NDArray[np.float32]:
    """The vector again, float32 (D,)."""
    return np.frombuffer(data, VECTOR).astype(np.float32)
