"""Who is known in a live run: embeddings in the last minutes, and a bounded number of prototypes before.

The embeddings of the last minutes are those of the tracks themselves, so that they follow every correction; a track
that falls out of these minutes leaves its embedding as a prototype, of which each identity keeps few per camera. An
identity is active while somebody is followed under its id, inactive after that, and archived once nobody has been seen
for long; archived ones keep fewer prototypes and can still be found again. Numbers are never used twice.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from crosscam.base.vectors import unit_rows
from tracker.cross_camera.evidence.score_calibration import Calibration
from tracker.cross_camera.live.person_embeddings import Looks
from tracker.structures import FloatArray, IntArray

PER_CAMERA = 2
"""Prototypes of one person in one camera."""

PER_ARCHIVED = 2
"""Prototypes of an archived person in all cameras together."""


class OnlineGallery:
    """Looks of all identities, compared all at once."""

    def __init__(self) -> None:
        self._last_seen_s: dict[int, float] = {}
        self._archived: set[int] = set()
        self._means: FloatArray = np.zeros((0, 0), np.float32)
        self._recent = Looks()
        self._kept = Looks()

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

    def centred(self, vectors: FloatArray, cameras: Sequence[int] | IntArray) -> FloatArray:
        """Vectors less the mean of their camera as far as it is known, unit, float32 (N, D)."""
        indices = np.asarray(cameras, np.int64)
        known = indices < len(self._means)
        shifted = vectors.copy()
        if known.any():
            shifted[known] -= self._means[indices[known]]
        return unit_rows(shifted)

    def touch(self, identity_id: int, time_s: float) -> None:
        """Note that a person was seen."""
        self._last_seen_s[identity_id] = max(time_s, self._last_seen_s.get(identity_id, time_s))
        self._archived.discard(identity_id)

    def show(self, identity_id: int, camera: int, vector: FloatArray) -> None:
        """Take the embedding of a track that was just decided."""
        self._recent.append(identity_id, camera, vector, self.centred(vector[None], [camera])[0])

    def set_recent(
        self, owners: Sequence[int], cameras: Sequence[int], vectors: Sequence[FloatArray], means: FloatArray
    ) -> None:
        """Take the embeddings of all tracks of the last minutes, N of (D,), and new camera means, float32 (C, D)."""
        self._means = means
        self._recent = Looks()
        if len(vectors):
            stack = np.stack(vectors)
            for row in zip(owners, cameras, stack, self.centred(stack, cameras), strict=True):
                self._recent.append(*row)
        if len(self._kept):
            self._kept.centred[:] = self.centred(self._kept.vectors, self._kept.cameras)

    def add(self, identity_id: int, camera: int, vector: FloatArray, time_s: float) -> None:
        """Remember how a person looked in a camera; of more than PER_CAMERA the two most alike become one."""
        self.touch(identity_id, time_s)
        mine = [row for row in self._kept.rows_of(identity_id) if self._kept.cameras[row] == camera]
        if len(mine) < PER_CAMERA:
            self._kept.append(identity_id, camera, vector, self.centred(vector[None], [camera])[0])
            return
        stack = np.concatenate([self._kept.vectors[mine], vector[None]])
        likeness = stack @ stack.T
        np.fill_diagonal(likeness, -np.inf)
        a, b = sorted(divmod(int(likeness.argmax()), len(stack)))
        if b < len(mine):  # two old ones were the closest pair: the newcomer takes the free place
            self._kept.replace(mine[b], vector, self.centred(vector[None], [camera])[0])
        merged = unit_rows((stack[a] + stack[b])[None])
        self._kept.replace(mine[a], merged[0], self.centred(merged, [camera])[0])

    def archive(self, before_s: float) -> None:
        """Archive everybody who was not seen since `before_s`; of their prototypes the newest stay."""
        new = {i for i, seen in self._last_seen_s.items() if seen < before_s} - self._archived
        if not new:
            return
        self._archived |= new
        self._kept.drop([row for identity_id in new for row in self._kept.rows_of(identity_id)[:-PER_ARCHIVED]])

    def merge(self, keep: int, drop: int) -> None:
        """Give the memory of identity `drop` to `keep`."""
        for embeddings in (self._recent, self._kept):
            embeddings.rename(drop, keep)
        if drop in self._last_seen_s:
            self.touch(keep, self._last_seen_s.pop(drop))
        self._archived.discard(drop)

    def log_odds(self, vectors: FloatArray, calibration: Calibration) -> tuple[IntArray, NDArray[np.float64]]:
        """Mean log-odds over the embeddings of each identity.

        The calibration knows how often two tracks of the last minutes are one person. All who were not seen in these
        minutes are together as likely to come as all who were, so that a large archive does not attract strangers.

        Args:
            vectors: Centred unit vectors, float32 (Q, D).
            calibration: From similarity to log-odds.

        Returns:
            Identities, int64 (I,), and log-odds, float64 (Q, I).
        """
        kept, recent = self._kept, self._recent
        place = np.searchsorted(kept.identity_ids, recent.identity_ids)
        is_kept = np.append(kept.identity_ids, 0)[place] == recent.identity_ids  # ids start at 1
        identity_ids = np.concatenate([kept.identity_ids, recent.identity_ids[~is_kept]])
        place[~is_kept] = len(kept.identity_ids) + np.arange((~is_kept).sum())
        sums, counts = np.zeros((len(vectors), len(identity_ids))), np.zeros(len(identity_ids))
        sums[:, : len(kept.identity_ids)] = kept.summed(calibration, vectors)
        counts[: len(kept.identity_ids)] = kept.counts
        sums[:, place] += recent.summed(calibration, vectors)
        counts[place] += recent.counts
        absent = len(identity_ids) - len(recent.identity_ids)
        rarity = np.full(len(identity_ids), np.log(max(1.0, absent / max(len(recent.identity_ids), 1))))
        rarity[place] = 0.0
        return identity_ids, sums / counts - rarity

    def kept_log_odds(self, identity_id: int, vectors: FloatArray, calibration: Calibration) -> float | None:
        """Mean log-odds of centred vectors (Q, D) with an identity's prototypes; None without."""
        rows = self._kept.rows_of(identity_id)
        if not rows or not len(vectors):
            return None
        return float(calibration(vectors @ self._kept.centred[rows].T).mean())

    def prototypes(self) -> list[tuple[int, int, FloatArray]]:
        """(identity, camera number, unit vector as embedded) of those who are remembered."""
        kept = self._kept
        return list(zip(kept.owners.tolist(), kept.cameras.tolist(), kept.vectors, strict=True))
