"""All boxes of one camera with their identities, in order of frames: what the text file and the video show."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracker.structures import FloatArray, IntArray, TrackingResult


@dataclass(frozen=True, eq=False)
class CameraTracks:
    """The boxes of one camera.

    Attributes:
        frames: int64 (N,), frame indices from 0, ascending; within a frame by identity.
        identity_ids: int64 (N,), across cameras.
        boxes: float32 (N, 4), (x1, y1, x2, y2).
        scores: float32 (N,); 0 marks a box that was filled in and not detected.
    """

    frames: IntArray
    identity_ids: IntArray
    boxes: FloatArray
    scores: FloatArray

    def __len__(self) -> int:
        return len(self.frames)

    def at(self, frame_index: int) -> tuple[IntArray, FloatArray, FloatArray]:
        """(identity_ids (M,), boxes (M, 4), scores (M,)) of one frame."""
        rows = slice(*np.searchsorted(self.frames, (frame_index, frame_index + 1)))
        return self.identity_ids[rows], self.boxes[rows], self.scores[rows]


def camera_tracks(result: TrackingResult, camera: str) -> CameraTracks:
    """The boxes of `camera` in a result, each identity at most once in a frame.

    Two tracklets of one person may overlap by a moment, when a second track began before the first one ended: the surer
    box is taken.
    """
    chosen = [(identity, t) for identity, t in result.tracklets() if t.camera_id == camera]
    if not chosen:
        empty = np.zeros(0, np.int64)
        return CameraTracks(empty, empty, np.zeros((0, 4), np.float32), np.zeros(0, np.float32))
    frames = np.concatenate([t.frame_indices for _, t in chosen])
    ids: NDArray[np.int64] = np.concatenate([np.full(len(t), identity, np.int64) for identity, t in chosen])
    boxes = np.concatenate([t.boxes for _, t in chosen])
    scores = np.concatenate([t.scores for _, t in chosen])
    order = np.lexsort((-scores, ids, frames))
    is_first = np.ones(len(order), bool)
    is_first[1:] = (np.diff(frames[order]) != 0) | (np.diff(ids[order]) != 0)
    order = order[is_first]
    return CameraTracks(frames[order], ids[order], boxes[order], scores[order])
