"""Frame by frame tracks in, one tracklet per track out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from crosscam.base.vectors import unit_vector
from tracker.single_camera.appearance.crop_quality import box_quality
from tracker.single_camera.tracklets.embedding_history import EmbeddingHistory
from tracker.structures import FloatArray, Frame, FrameTracks, IntArray, Tracklet

MAX_SAMPLES = 12
"""Spans of time per track that have an embedding of their own."""

_ROW = np.dtype([("track", "i8"), ("frame", "i8"), ("time", "f8"), ("box", "f4", (4,)), ("score", "f4")])


class TrackletCollector:
    """Keeps every box of one camera's tracks and a bounded history of their embeddings; no loop over tracks per frame.

    Args:
        camera_id: The camera's name.
        max_samples: Embeddings kept per track.
    """

    def __init__(self, camera_id: str, max_samples: int = MAX_SAMPLES) -> None:
        self.camera_id = camera_id
        self._samples = EmbeddingHistory(max_samples)
        self._rows = np.zeros(1024, _ROW)
        self._count = 0

    def __len__(self) -> int:
        """Number of boxes so far."""
        return self._count

    def add(self, frame: Frame, tracks: FrameTracks, qualities: FloatArray | None = None) -> None:
        """Take one frame's tracks, and where those that are new were before; frames come in order of time.

        Args:
            frame: The frame.
            tracks: M confirmed tracks.
            qualities: Of their crops, float32 (M,), from `box_quality`; computed where they are needed and not given.
        """
        if not len(tracks):
            return
        begun = tracks.beginnings
        if begun is not None:
            self._append(begun.track_ids, begun.frame_indices, begun.times_s, begun.boxes, begun.scores)
        self._append(tracks.track_ids, frame.index, frame.time_s, tracks.boxes, tracks.scores)
        if tracks.embeddings is not None:
            self._add_embeddings(frame, tracks, tracks.embeddings, qualities)

    def _append(
        self, track_ids: IntArray, frames: IntArray | int, times_s: NDArray | float, boxes: NDArray, scores: NDArray
    ) -> None:
        count = len(track_ids)
        if self._count + count > len(self._rows):
            larger = np.zeros(max(2 * len(self._rows), self._count + count), _ROW)
            larger[: self._count] = self._rows[: self._count]
            self._rows = larger
        rows = self._rows[self._count : self._count + count]
        rows["track"], rows["frame"], rows["time"], rows["box"], rows["score"] = (
            track_ids,
            frames,
            times_s,
            boxes,
            scores,
        )
        self._count += count

    def _add_embeddings(
        self, frame: Frame, tracks: FrameTracks, embeddings: FloatArray, qualities: FloatArray | None
    ) -> None:
        shown = embeddings.any(axis=1)
        if not shown.any():
            return
        if qualities is None:
            height, width = frame.image.shape[:2]
            qualities = box_quality(tracks.boxes, tracks.scores, width, height)
        self._samples.offer(tracks.track_ids[shown], embeddings[shown], qualities[shown], frame.index)

    def tracklets(self, first_box: int = 0) -> list[Tracklet]:
        """One tracklet per track so far, in order of track ids.

        Args:
            first_box: Leave out the boxes before this one, and tracks with no later box; embeddings are always whole.
        """
        rows = self._rows[first_box : self._count]
        rows = rows[np.argsort(rows["track"], kind="stable")]
        starts = np.flatnonzero(np.diff(rows["track"], prepend=-1))
        return [self._tracklet(part) for part in np.split(rows, starts[1:]) if len(part)]

    def _tracklet(self, rows: NDArray) -> Tracklet:
        track_id = int(rows["track"][0])
        samples, qualities, frames = self._samples.of_track(track_id)
        return Tracklet(
            camera_id=self.camera_id,
            track_id=track_id,
            frame_indices=rows["frame"].copy(),
            times_s=rows["time"].copy(),
            boxes=rows["box"].copy(),
            scores=rows["score"].copy(),
            embedding=weighted_mean(samples, qualities) if len(samples) else None,
            samples=samples,
            qualities=qualities,
            sample_frames=frames,
        )


def weighted_mean(samples: FloatArray, qualities: FloatArray) -> FloatArray:
    """Mean of the samples (K, D), weighted with the square of their quality, of unit length."""
    return unit_vector(np.maximum(qualities, 1e-3) ** 2 @ samples)
