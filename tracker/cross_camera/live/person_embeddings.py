"""Rows of embeddings with their owners, as matrices that grow."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tracker.cross_camera.evidence.score_calibration import Calibration
from tracker.structures import FloatArray, IntArray

FIRST_ROWS = 64


class Looks:
    """Looks of identities: one row each, in order of arrival."""

    def __init__(self) -> None:
        self._used = 0
        self._owners: IntArray = np.zeros(FIRST_ROWS, np.int64)
        self._cameras: IntArray = np.zeros(FIRST_ROWS, np.int64)
        self._vectors: FloatArray = np.zeros((FIRST_ROWS, 0), np.float32)
        self._centred: FloatArray = np.zeros((FIRST_ROWS, 0), np.float32)
        self._rows: dict[int, list[int]] = {}
        self._groups: tuple[IntArray, IntArray, IntArray] | None = None

    def __len__(self) -> int:
        return self._used

    @property
    def owners(self) -> IntArray:
        """Identity of each row, int64 (N,)."""
        return self._owners[: self._used]

    @property
    def cameras(self) -> IntArray:
        """Camera number of each row, int64 (N,)."""
        return self._cameras[: self._used]

    @property
    def vectors(self) -> FloatArray:
        """As embedded, unit, float32 (N, D)."""
        return self._vectors[: self._used]

    @property
    def centred(self) -> FloatArray:
        """Less the camera's mean, unit, float32 (N, D); may be written to."""
        return self._centred[: self._used]

    @property
    def identity_ids(self) -> IntArray:
        """Identities with a row, int64 (I,), rising."""
        return self._grouped()[0]

    @property
    def counts(self) -> IntArray:
        """Rows of each of `identity_ids`, int64 (I,)."""
        return self._grouped()[2]

    def rows_of(self, identity_id: int) -> list[int]:
        """Rows of an identity, rising."""
        return self._rows.get(identity_id, [])

    def summed(self, calibration: Calibration, vectors: FloatArray) -> NDArray[np.float64]:
        """Sum of log-odds of each vector (Q, D) with the rows of each of `identity_ids`, float64 (Q, I)."""
        identity_ids, groups, _ = self._grouped()
        if not self._used:
            return np.zeros((len(vectors), 0))
        # Row by row: products of a few vectors with a large matrix are slower together than one after the other.
        each = [calibration(self.centred @ vector) for vector in vectors]
        return np.stack([np.bincount(groups, weights=row, minlength=len(identity_ids)) for row in each])

    def append(self, owner: int, camera: int, vector: FloatArray, centred: FloatArray) -> None:
        """Add a row; the matrices grow by doubling, so that adding stays cheap."""
        if not self._used and self._vectors.shape[1] != len(vector):
            self._vectors = np.zeros((FIRST_ROWS, len(vector)), np.float32)
            self._centred = np.zeros((FIRST_ROWS, len(vector)), np.float32)
        if self._used == len(self._owners):
            self._owners, self._cameras, self._vectors, self._centred = (
                np.concatenate([old, np.zeros_like(old)])
                for old in (self._owners, self._cameras, self._vectors, self._centred)
            )
        row = self._used
        self._owners[row], self._cameras[row] = owner, camera
        self._vectors[row], self._centred[row] = vector, centred
        self._rows.setdefault(owner, []).append(row)
        self._used, self._groups = row + 1, None

    def replace(self, row: int, vector: FloatArray, centred: FloatArray) -> None:
        """Write another embedding into a row."""
        self._vectors[row], self._centred[row] = vector, centred

    def drop(self, rows: list[int]) -> None:
        """Forget rows; the others move up."""
        keep = np.ones(self._used, bool)
        keep[rows] = False
        used = int(keep.sum())
        for values in (self._owners, self._cameras, self._vectors, self._centred):
            values[:used] = values[: self._used][keep]
        self._used = used
        self._index()

    def rename(self, old: int, new: int) -> None:
        """Give the rows of one identity to another."""
        rows = self._rows.pop(old, [])
        if rows:
            self._owners[rows] = new
            self._rows[new] = sorted(rows + self._rows.get(new, []))
            self._groups = None

    def _index(self) -> None:
        self._rows, self._groups = {}, None
        for row, owner in enumerate(self.owners.tolist()):
            self._rows.setdefault(owner, []).append(row)

    def _grouped(self) -> tuple[IntArray, IntArray, IntArray]:
        """Identities, each row's position among them, and their counts of rows."""
        if self._groups is None:
            self._groups = np.unique(self.owners, return_inverse=True, return_counts=True)
        return self._groups
