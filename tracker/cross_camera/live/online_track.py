"""What live identities know of one track while it goes on."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from crosscam.base.vectors import unit_rows
from tracker.structures import FloatArray, Tracklet

KEEP_STEP_S = 0.2
"""Boxes of a track are kept at this distance in time: enough for its path."""

ROUNDING_S = 0.001
"""So that frames at just this distance are all kept, whatever the rounding of their times."""

MAX_KEPT = 600
"""Of more boxes every other one goes, and later ones are kept at twice the distance."""

MAX_SAMPLES = 8


@dataclass(frozen=True, eq=False)
class ActiveTrack:
    """A confirmed track in one frame.

    Attributes:
        camera_id: The camera's name.
        track_id: Unique within the camera.
        box: (4,), in pixels.
        embedding: Unit vector of this frame's crop, float32 (D,), or None where none was computed.
        quality: Of that crop, in [0, 1].
    """

    camera_id: str
    track_id: int
    box: NDArray
    embedding: FloatArray | None = None
    quality: float = 1.0


@dataclass(eq=False)
class LiveTrack:
    """One track so far, in bounded memory.

    Attributes:
        camera_id: The camera's name.
        track_id: Unique within the camera.
        first_s: When it was seen first.
        last_s: When it was seen last.
        identity_id: None while it is pending.
        embedded: Number of embeddings so far.
        judged: Number of embeddings when it was compared last.
    """

    camera_id: str
    track_id: int
    first_s: float
    last_s: float
    identity_id: int | None = None
    embedded: int = 0
    judged: int = 0
    _step_s: float = KEEP_STEP_S
    _times: list[float] = field(default_factory=list)
    _boxes: list[NDArray] = field(default_factory=list)
    _last_box: NDArray | None = None
    _samples: list[FloatArray] = field(default_factory=list)
    _qualities: list[float] = field(default_factory=list)
    _sample_times: list[float] = field(default_factory=list)
    _total: FloatArray | None = None

    @property
    def key(self) -> tuple[str, int]:
        """Camera and track."""
        return self.camera_id, self.track_id

    def see(self, time_s: float, track: ActiveTrack) -> None:
        """Take one more frame."""
        self.last_s, self._last_box = time_s, np.asarray(track.box, np.float32)
        if not self._times or time_s - self._times[-1] >= self._step_s - ROUNDING_S:
            self._times.append(time_s)
            self._boxes.append(self._last_box)
            if len(self._times) > MAX_KEPT:
                del self._times[1::2], self._boxes[1::2]
                self._step_s *= 2
        if track.embedding is not None and track.embedding.any():
            self._see_crop(time_s, track.embedding, track.quality)

    def _see_crop(self, time_s: float, embedding: FloatArray, quality: float) -> None:
        weighted = embedding * max(quality, 1e-3)
        self._total = weighted if self._total is None else self._total + weighted
        self.embedded += 1
        if len(self._samples) >= MAX_SAMPLES:
            drop = int(np.argmin(self._qualities))
            if self._qualities[drop] > quality:
                return
            for values in (self._samples, self._qualities, self._sample_times):
                del values[drop]
        self._samples.append(embedding)
        self._qualities.append(quality)
        self._sample_times.append(time_s)

    def vector(self) -> FloatArray | None:
        """Mean embedding, unit, float32 (D,); None without any."""
        return None if self._total is None else unit_rows(self._total[None])[0]

    def tracklet(self) -> Tracklet:
        """What is known so far, up to the last frame; frames are counted in milliseconds."""
        boxes, times = list(self._boxes), list(self._times)
        if self._last_box is not None and self.last_s > times[-1]:
            boxes, times = [*boxes, self._last_box], [*times, self.last_s]
        samples = np.stack(self._samples) if self._samples else np.zeros((0, 0), np.float32)
        return Tracklet(
            self.camera_id,
            self.track_id,
            np.round(np.array(times) * 1000).astype(np.int64),
            np.array(times, np.float64),
            np.stack(boxes),
            np.ones(len(times), np.float32),
            self.vector(),
            samples,
            np.array(self._qualities, np.float32),
            np.round(np.array(self._sample_times) * 1000).astype(np.int64),
        )
