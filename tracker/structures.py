"""The values that flow between stages. Frozen: a stage returns new values and never writes into those it was given.

`eq=False` everywhere, because an array has no single truth value for `==`.
Boxes are (x1, y1, x2, y2) in pixels of the original frame; times are seconds on the clock that all cameras share.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int64]
TrackKey = tuple[str, int]
"""Camera name and track."""


def _check_shape(name: str, array: np.ndarray, expected: tuple[int | None, ...]) -> None:
    """Raise ValueError unless `array` has the shape `expected`, where None stands for any length."""
    fits = array.ndim == len(expected) and all(
        want is None or have == want for have, want in zip(array.shape, expected, strict=True)
    )
    if not fits:
        wanted = "(" + ", ".join("N" if n is None else str(n) for n in expected) + ")"
        raise ValueError(f"{name} must have shape {wanted}, got {array.shape}")


@dataclass(frozen=True, eq=False)
class Frame:
    """One image of one camera.

    Attributes:
        camera_id: The camera's name.
        index: Position in the video, from 0.
        time_s: Time in seconds on the clock that all cameras share.
        image: uint8 (H, W, 3), BGR.
    """

    camera_id: str
    index: int
    time_s: float
    image: NDArray[np.uint8]

    def __post_init__(self) -> None:
        _check_shape("image", self.image, (None, None, 3))


@dataclass(frozen=True, eq=False)
class Detections:
    """People found in one frame; N = 0 works everywhere.

    Attributes:
        boxes: float32 (N, 4).
        scores: float32 (N,), in [0, 1].
        embeddings: Appearance, float32 (N, D) of unit length, or None when none was asked for. A row of zeros means
            "not embedded in this frame".
    """

    boxes: FloatArray
    scores: FloatArray
    embeddings: FloatArray | None = None

    def __post_init__(self) -> None:
        _check_shape("boxes", self.boxes, (None, 4))
        _check_shape("scores", self.scores, (len(self.boxes),))
        if self.embeddings is not None:
            _check_shape("embeddings", self.embeddings, (len(self.boxes), None))

    @classmethod
    def empty(cls) -> Detections:
        """No detections."""
        return cls(np.zeros((0, 4), np.float32), np.zeros(0, np.float32))

    def __len__(self) -> int:
        return len(self.boxes)

    def __getitem__(self, index: NDArray | slice) -> Detections:
        """The rows chosen by a boolean mask, an index array or a slice."""
        embeddings = None if self.embeddings is None else self.embeddings[index]
        return Detections(self.boxes[index], self.scores[index], embeddings)

    def with_embeddings(self, embeddings: FloatArray) -> Detections:
        """The same detections with `embeddings`, float32 (N, D)."""
        return replace(self, embeddings=embeddings)


@dataclass(frozen=True, eq=False)
class TrackBeginnings:
    """Where tracks were detected in the frames before the one that confirmed them.

    Attributes:
        track_ids: int64 (K,).
        frame_indices: int64 (K,), rising within a track.
        times_s: float64 (K,), on the shared clock.
        boxes: float32 (K, 4), as detected.
        scores: float32 (K,).
    """

    track_ids: IntArray
    frame_indices: IntArray
    times_s: NDArray[np.float64]
    boxes: FloatArray
    scores: FloatArray

    def __len__(self) -> int:
        return len(self.track_ids)


@dataclass(frozen=True, eq=False)
class FrameTracks:
    """The confirmed tracks of one camera in one frame.

    Attributes:
        track_ids: int64 (M,), unique within the camera, from 1, never reused.
        boxes: float32 (M, 4).
        scores: float32 (M,), of the detection matched in this frame.
        embeddings: float32 (M, D) of this frame's detections (rows of zeros where none was computed), or None.
        beginnings: Of the tracks that were confirmed in this frame, for those who look back; None if there are none.
    """

    track_ids: IntArray
    boxes: FloatArray
    scores: FloatArray
    embeddings: FloatArray | None = None
    beginnings: TrackBeginnings | None = None

    def __post_init__(self) -> None:
        _check_shape("track_ids", self.track_ids, (None,))
        count = len(self.track_ids)
        _check_shape("boxes", self.boxes, (count, 4))
        _check_shape("scores", self.scores, (count,))
        if self.embeddings is not None:
            _check_shape("embeddings", self.embeddings, (count, None))

    @classmethod
    def empty(cls) -> FrameTracks:
        """No tracks."""
        return cls(np.zeros(0, np.int64), np.zeros((0, 4), np.float32), np.zeros(0, np.float32))

    def __len__(self) -> int:
        return len(self.track_ids)


@dataclass(frozen=True, eq=False)
class Tracklet:
    """One person's whole stay in one camera.

    Attributes:
        camera_id: The camera's name.
        track_id: Unique within the camera, from 1.
        frame_indices: int64 (T,), from 0, strictly increasing.
        times_s: float64 (T,), seconds on the shared clock.
        boxes: float32 (T, 4).
        scores: float32 (T,), in [0, 1]; 0 marks a box that was filled in and not detected.
        embedding: float32 (D,) of unit length, the weighted mean of the samples, or None without appearance.
        samples: float32 (K, D) of unit length: mean embeddings of consecutive spans of time, by time; K = 0 without
            appearance.
        qualities: float32 (K,), positive: the root of the sum of the squared qualities of each sample's crops, so that
            its square is the sample's weight in a mean.
        sample_frames: int64 (K,), index of the frame with which each sample's span begins.
        visible_parts: float32 (K, 2) or None: the top and bottom of the visible part of each sample's person, in
            [0, 1] of the full body height; (0, 1) is a whole person.
    """

    camera_id: str
    track_id: int
    frame_indices: IntArray
    times_s: NDArray[np.float64]
    boxes: FloatArray
    scores: FloatArray
    embedding: FloatArray | None = None
    samples: FloatArray = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    qualities: FloatArray = field(default_factory=lambda: np.zeros(0, np.float32))
    sample_frames: IntArray = field(default_factory=lambda: np.zeros(0, np.int64))
    visible_parts: FloatArray | None = None

    def __post_init__(self) -> None:
        count = len(self.frame_indices)
        if count == 0:
            raise ValueError(f"tracklet {self.track_id} of camera {self.camera_id!r} has no frames")
        _check_shape("frame_indices", self.frame_indices, (None,))
        _check_shape("times_s", self.times_s, (count,))
        _check_shape("boxes", self.boxes, (count, 4))
        _check_shape("scores", self.scores, (count,))
        _check_shape("samples", self.samples, (None, None))
        _check_shape("qualities", self.qualities, (len(self.samples),))
        _check_shape("sample_frames", self.sample_frames, (len(self.samples),))
        if np.any(np.diff(self.frame_indices) <= 0):
            raise ValueError(f"frame_indices of tracklet {self.track_id} must increase strictly")

    def __len__(self) -> int:
        return len(self.frame_indices)

    @property
    def start_s(self) -> float:
        """Time of the first box, in seconds."""
        return float(self.times_s[0])

    @property
    def end_s(self) -> float:
        """Time of the last box, in seconds."""
        return float(self.times_s[-1])


@dataclass(frozen=True, eq=False)
class Identity:
    """One person: every tracklet that belongs to them, over all cameras.

    Attributes:
        identity_id: From 1, numbered by first appearance.
        tracklets: In order of time; a tracklet is in exactly one identity, alone if nothing matched.
        confidence: (len(tracklets),) in [0, 1]: how sure the association is of each tracklet.
    """

    identity_id: int
    tracklets: tuple[Tracklet, ...]
    confidence: tuple[float, ...] = ()


@dataclass(frozen=True)
class CameraInfo:
    """What the writers need to know of a camera's video.

    Attributes:
        name: The camera's name, unique in a run.
        source: The path or address that the user gave.
        fps: Mean frame rate, in frames per second.
        frames: Number of frames read.
        width: Of the frame, in pixels.
        height: Of the frame, in pixels.
    """

    name: str
    source: str
    fps: float
    frames: int
    width: int
    height: int


@dataclass(frozen=True, eq=False)
class TrackingResult:
    """Cameras and identities: all that the writers need."""

    cameras: tuple[CameraInfo, ...]
    identities: tuple[Identity, ...]

    def tracklets(self) -> Sequence[tuple[int, Tracklet]]:
        """Every (identity_id, tracklet), in order of identities."""
        return [(identity.identity_id, t) for identity in self.identities for t in identity.tracklets]
