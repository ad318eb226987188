"""Memory of people for live decisions: a bounded number of prototypes per identity and camera, compared all at once.

An identity is active while somebody is followed under its number, inactive after that, and archived once nobody has
been seen for long; archived ones keep fewer prototypes and can still be found again. Numbers are never used twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracker.cross_camera.appearance import unit_rows
from tracker.cross_camera.calibration import Calibration
from tracker.structures import FloatArray, IntArray

PER_CAMERA = 2
"""Prototypes of one person in one camera."""

PER_ARCHIVED = 2
"""Prototypes of an archived person in all cameras together."""


@dataclass
class _Prototype:
    identity_id: int
    camera: int
    vector: FloatArray  # unit, as embedded


class IdentityGallery:
    """Prototypes of all identities as one matrix."""

    def __init__(self) -> None:
        self._prototypes: list[_Prototype] = []
        self._last_seen_s: dict[int, float] = {}
        self._archived: set[int] = set()
        self._means: FloatArray = np.zeros((0, 0), np.float32)
        self._matrix: FloatArray = np.zeros((0, 0), np.float32)  # (M, D), less the camera's mean
        self._owners: IntArray = np.zeros(0, np.int64)
        self._used = 0

    def __len__(self) -> int:
        """Number of identities."""
        return len(self._last_seen_s)

    @property
    def identities(self) -> list[int]:
        """Numbers of all identities, rising."""
        return sorted(self._last_seen_s)

    def is_archived(self, identity_id: int) -> bool:
        """Whether the identity was not seen for long."""
        return identity_id in self._archived

    def set_camera_means(self, means: FloatArray) -> None:
        """Take new camera means, float32 (C, D), and compute all prototypes anew."""
        self._means = means
        self._rebuild()

    def centred(self, vectors: FloatArray, cameras: Sequence[int]) -> FloatArray:
        """Vectors less the mean of their camera as far as it is known, unit, float32 (N, D)."""
        shift = np.zeros_like(vectors)
        for row, camera in enumerate(cameras):
            if camera < len(self._means):
                shift[row] = self._means[camera]
        return unit_rows(vectors - shift)

    def add(self, identity_id: int, camera: int, vector: FloatArray, time_s: float) -> None:
        """Remember how a person looked in a camera; of more than PER_CAMERA the two most alike become one."""
        self.touch(identity_id, time_s)
        mine = [p for p in self._prototypes if p.identity_id == identity_id and p.camera == camera]
        if len(mine) >= PER_CAMERA:
            stack = np.stack([*(p.vector for p in mine), vector])
            likeness = stack @ stack.T
            np.fill_diagonal(likeness, -np.inf)
            a, b = sorted(divmod(int(likeness.argmax()), len(stack)))
            merged = unit_rows((stack[a] + stack[b])[None])[0]
            if b < len(mine):  # two old ones were the closest pair: the newcomer takes the free place
                mine[b].vector = vector
            mine[a].vector = merged
            self._rebuild()
            return
        self._append(_Prototype(identity_id, camera, vector))

    def touch(self, identity_id: int, time_s: float) -> None:
        """Note that a person was seen."""
        self._last_seen_s[identity_id] = max(time_s, self._last_seen_s.get(identity_id, time_s))
        self._archived.discard(identity_id)

    def archive(self, before_s: float) -> None:
        """Archive everybody who was not seen since `before_s`."""
        new = {i for i, seen in self._last_seen_s.items() if seen < before_s} - self._archived
        if not new:
            return
        self._archived |= new
        kept: dict[int, int] = {}
        prototypes = []
        for prototype in reversed(self._prototypes):
            kept[prototype.identity_id] = kept.get(prototype.identity_id, 0) + 1
            if prototype.identity_id not in new or kept[prototype.identity_id] <= PER_ARCHIVED:
                prototypes.append(prototype)
        self._prototypes = prototypes[::-1]
        self._rebuild()

    def merge(self, keep: int, drop: int) -> None:
        """Give the memory of identity `drop` to `keep`."""
        for prototype in self._prototypes:
            if prototype.identity_id == drop:
                prototype.identity_id = keep
        if drop in self._last_seen_s:
            self.touch(keep, self._last_seen_s.pop(drop))
        self._archived.discard(drop)
        self._rebuild()

    def log_odds(self, vectors: FloatArray, calibration: Calibration) -> tuple[IntArray, NDArray[np.float64]]:
        """Mean log-odds over the prototypes of each identity.

        Args:
            vectors: Centred unit vectors, float32 (Q, D).
            calibration: From similarity to log-odds.

        Returns:
            Identity numbers, int64 (I,), and log-odds, float64 (Q, I).
        """
        owners, columns = np.unique(self._owners, return_inverse=True)
        if not len(owners):
            return owners, np.zeros((len(vectors), 0))
        each = calibration(vectors @ self._matrix[: self._used].T)  # (Q, M)
        sums = np.stack([np.bincount(columns, weights=row, minlength=len(owners)) for row in each])
        return owners, sums / np.bincount(columns, minlength=len(owners))

    def prototypes(self) -> list[tuple[int, int, FloatArray]]:
        """(identity, camera number, unit vector as embedded) of all."""
        return [(p.identity_id, p.camera, p.vector) for p in self._prototypes]

    def _append(self, prototype: _Prototype) -> None:
        """Add a row; the matrix grows by doubling, so that adding stays cheap."""
        self._prototypes.append(prototype)
        row = self.centred(prototype.vector[None], [prototype.camera])
        if self._used == len(self._matrix) or self._matrix.shape[1] != row.shape[1]:
            larger = np.zeros((max(64, 2 * len(self._matrix)), row.shape[1]), np.float32)
            if self._used:
                larger[: self._used] = self._matrix[: self._used]
            self._matrix = larger
        self._matrix[self._used] = row[0]
        self._used += 1
        self._owners = np.append(self._owners, prototype.identity_id)

    def _rebuild(self) -> None:
        self._owners = np.array([p.identity_id for p in self._prototypes], np.int64)
        self._used = len(self._prototypes)
        if self._used:
            vectors = np.stack([p.vector for p in self._prototypes])
            self._matrix = self.centred(vectors, [p.camera for p in self._prototypes])
