"""Tracklets with known identities, wherever they come from, and what identities of them are worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tracker.cross_camera.floor.cameras import CameraSetup
from tracker.cross_camera.floor.ground import GroundPlane
from tracker.evaluation.mot_data import MotData
from tracker.evaluation.tracking import TrackingScores, evaluate
from tracker.structures import Identity, Tracklet


@dataclass(frozen=True, eq=False)
class World:
    """Tracklets and the truth about them.

    Attributes:
        fps: Frames per second.
        tracklets: In order of camera and first frame.
        crops: Of each tracklet, the frame and the embedding of every crop, as a live tracker sees them one by one.
        people: int64 (len(tracklets),), who each tracklet mostly shows, from 1.
        truth: Every true box, by camera.
        ground: Floor of the cameras whose place is known.
    """

    fps: float
    tracklets: tuple[Tracklet, ...]
    crops: tuple[tuple[NDArray[np.int64], NDArray[np.float32]], ...]
    people: NDArray[np.int64]
    truth: dict[str, MotData] = field(repr=False)
    ground: Mapping[str, GroundPlane] = field(default_factory=dict)

    def setup(self, calibrated: bool) -> CameraSetup:
        """What the associator is told of the cameras."""
        return CameraSetup(ground=dict(self.ground)) if calibrated else CameraSetup()

    def score(self, identities: Sequence[Identity]) -> TrackingScores:
        """Compare identities with the truth, box by box, in all measures; `identity_scores` is quicker."""
        rows: dict[str, list[NDArray]] = {name: [np.zeros((0, 6))] for name in self.truth}
        for identity in identities:
            for tracklet in identity.tracklets:
                number = np.full(len(tracklet), identity.identity_id)
                rows[tracklet.camera_id].append(mot_rows(tracklet.frame_indices, number, tracklet.boxes))
        results = {name: _without_doubles(np.concatenate(parts)) for name, parts in rows.items()}
        return evaluate(self.truth, results)

    def perfect_identities(self) -> list[Identity]:
        """The best that linking can do with these tracklets: each goes to the person it mostly shows."""
        groups = [
            tuple(self.tracklets[k] for k in np.flatnonzero(self.people == person)) for person in np.unique(self.people)
        ]
        return [Identity(number, group) for number, group in enumerate(groups, 1)]

    def separability(self) -> float:
        """Similarity of one person's tracklets in different cameras minus that of different people's (d').

        Means, in standard deviations of the latter.
        """
        same, other = self._cross_camera_similarities()
        return float((same.mean() - other.mean()) / other.std())

    def rank1(self) -> float:
        """Share of tracklets whose most similar tracklet of another camera is the same person, in percent."""
        embeddings = np.array([t.embedding for t in self.tracklets])
        cameras = np.array([t.camera_id for t in self.tracklets])
        similarity = np.where(cameras[:, None] != cameras[None], embeddings @ embeddings.T, -2.0)
        has_match = ((self.people[:, None] == self.people[None]) & (cameras[:, None] != cameras[None])).any(axis=1)
        right = self.people[similarity.argmax(axis=1)] == self.people
        return float(100 * right[has_match].mean())

    def _cross_camera_similarities(self) -> tuple[NDArray, NDArray]:
        embeddings = np.array([t.embedding for t in self.tracklets])
        cameras = np.array([t.camera_id for t in self.tracklets])
        pairs = np.triu(cameras[:, None] != cameras[None], 1)
        same = self.people[:, None] == self.people[None]
        similarity = embeddings @ embeddings.T
        return similarity[pairs & same], similarity[pairs & ~same]


def mot_rows(frames: NDArray[np.int64], numbers: NDArray[np.int64], boxes: NDArray) -> NDArray[np.float64]:
    """Rows of a MOT file, float64 (N, 6), of frames that are counted from 0."""
    return np.column_stack([frames + 1, numbers, boxes[:, :2], boxes[:, 2:] - boxes[:, :2]])


def _without_doubles(rows: NDArray[np.float64]) -> MotData:
    """Results where an identity has one box in a frame, the first, as files must have it."""
    _, first = np.unique(rows[:, :2], axis=0, return_index=True)
    return MotData.from_rows(rows[first])
