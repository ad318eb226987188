"""What a fallible detector, tracker and embedder make of known boxes of people: tracklets of a stated difficulty.

    world = observe(np.random.default_rng(0), SightingOptions(similarity=0.5), {"cam1": 900, "cam2": 900}, visits)
    identities = Associator(options, world.setup(calibrated=False)).associate(world.tracklets)
    world.score(identities).multi_camera["IDF1"]

Where the boxes come from is the caller's affair: people who walk (`synthetic_world`) or ground truth (`divotrack`).

- `similarity`: expected cosine of two views of one person in different cameras, where that of two people is 0 with
  deviation `1 / sqrt(dimension)`. With the default dimension, 0.6 is easy, 0.3 is hard; `World.separability()` and
  `World.rank1()` say what came out.
- `miss_rate`, `box_noise`, `breaks_per_minute`, `mixed_rate`: faults of the detector and the single-camera tracker.

Everything follows from the random generator.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.worlds.world import World, mot_rows
from tracker.cross_camera.floor.ground import GroundPlane
from tracker.evaluation.mot_data import MotData
from tracker.single_camera.appearance.track_embeddings import REFRESH_S
from tracker.structures import Tracklet

MIN_BOXES = 4
"""Shorter tracklets are not made, as trackers do not confirm them."""
CROP_EVERY_S = REFRESH_S
"""Crops of a track are embedded at this distance in time, as trackers refresh them."""
MAX_SAMPLES = 8
"""Crops that a finished tracklet keeps."""


@dataclass(frozen=True)
class SightingOptions:
    """How well people are seen.

    Attributes:
        similarity: Expected cosine of two tracklets of one person in different cameras, in (0, 1).
        camera_share: Share of what differs between views that is the camera's own colour cast.
        crop_noise: Share of a single crop's embedding that is unlike its visit.
        dimension: Length of the embeddings.
        fps: Frames per second.
        miss_rate: Share of boxes that the detector misses.
        box_noise: Deviation of a box's edges, relative to its height.
        breaks_per_minute: How often tracks break, per minute of tracklet.
        mixed_rate: Share of tracklets that go over to another person who is near.
        seed: Of everything.
    """

    similarity: float = 0.5
    camera_share: float = 0.2
    crop_noise: float = 0.3
    dimension: int = 64
    fps: float = 5.0
    miss_rate: float = 0.05
    box_noise: float = 0.02
    breaks_per_minute: float = 1.0
    mixed_rate: float = 0.0
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Visit:
    """One person's stay in one camera, as it truly was.

    Attributes:
        camera: Number of the camera, from 0.
        person: Number of the person, from 0.
        frames: int64 (T,), rising, from 0.
        boxes: float64 (T, 4), in pixels.
    """

    camera: int
    person: int
    frames: NDArray[np.int64]
    boxes: NDArray[np.float64]


def observe(
    rng: np.random.Generator,
    options: SightingOptions,
    cameras: Mapping[str, int],
    visits: Sequence[Visit],
    ground: Mapping[str, GroundPlane] | None = None,
) -> World:
    """See what the cameras and a fallible tracker make of the visits.

    Args:
        rng: Source of all faults and looks.
        options: How well people are seen.
        cameras: Name and number of frames of each camera, in order of `Visit.camera`.
        visits: Everybody's stays.
        ground: Floor of the cameras whose place is known.
    """
    names = list(cameras)
    appearance = _Appearance(rng, options, 1 + max(visit.person for visit in visits), len(names))
    pieces = []
    for visit in visits:
        for rows in _found(rng, options, len(visit.frames)):
            boxes = visit.boxes[rows]
            boxes = boxes + options.box_noise * rng.normal(size=boxes.shape) * (boxes[:, 3:] - boxes[:, 1:2])
            frames = visit.frames[rows]
            crop_rows = _crop_rows(frames, options.fps)
            crops = appearance.crops(visit.person, visit.camera, len(crop_rows))
            pieces.append(_Piece(visit.camera, visit.person, frames, boxes, frames[crop_rows], crops))
    _swap_tails(rng, pieces, options.mixed_rate)
    pieces.sort(key=lambda piece: (piece.camera, piece.frames[0]))
    tracklets = [_tracklet(rng, piece, names[piece.camera], k, options.fps) for k, piece in enumerate(pieces, 1)]
    people = np.array([piece.person + 1 for piece in pieces], np.int64)
    looks = tuple((piece.crop_frames, piece.crops) for piece in pieces)
    return World(options.fps, tuple(tracklets), looks, people, _truth(cameras, visits), ground or {})


@dataclass(eq=False)
class _Piece:
    """What one tracklet is made of, before mixing."""

    camera: int
    person: int
    frames: NDArray[np.int64]
    boxes: NDArray[np.float64]
    crop_frames: NDArray[np.int64]
    crops: NDArray[np.float32]


class _Appearance:
    """Embeddings of people as cameras see them."""

    def __init__(self, rng: np.random.Generator, options: SightingOptions, people: int, cameras: int) -> None:
        self._rng, self._options = rng, options
        self._people = _unit(rng.normal(size=(people, options.dimension)))
        self._casts = _unit(rng.normal(size=(cameras, options.dimension)))

    def crops(self, person: int, camera: int, count: int) -> NDArray[np.float32]:
        """Embeddings of `count` crops of one tracklet, float32 (count, dimension)."""
        view = _mix(
            _unit(self._rng.normal(size=self._options.dimension)), self._casts[camera], self._options.camera_share
        )
        seen = _unit(_mix(self._people[person], view, 1 - self._options.similarity))
        crops = _unit(self._rng.normal(size=(count, self._options.dimension)))
        return _unit(_mix(seen, crops, self._options.crop_noise))


def _unit(vectors: NDArray) -> NDArray[np.float32]:
    return (vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)).astype(np.float32)


def _mix(first: NDArray, second: NDArray, share: float) -> NDArray:
    """A direction whose cosine with `first` is about sqrt(1 - share), where the two have nothing in common."""
    return np.sqrt(1 - share) * first + np.sqrt(share) * second


def _found(rng: np.random.Generator, options: SightingOptions, length: int) -> list[NDArray[np.int64]]:
    """The rows of a visit as the tracker has them: boxes missed, the track broken into pieces."""
    breaks = rng.random(length) < options.breaks_per_minute / 60 / options.fps
    breaks[0] = False
    pieces = np.split(np.arange(length), np.flatnonzero(breaks))
    found = [piece[rng.random(len(piece)) >= options.miss_rate] for piece in pieces]
    return [piece for piece in found if len(piece) >= MIN_BOXES]


def _crop_rows(frames: NDArray[np.int64], fps: float) -> NDArray[np.int64]:
    """The rows whose crop is embedded: the first, and each that is CROP_EVERY_S after the one before."""
    number = ((frames - frames[0]) / fps / CROP_EVERY_S).astype(np.int64)
    return np.unique(number, return_index=True)[1]


def _swap_tails(rng: np.random.Generator, pieces: list[_Piece], rate: float) -> None:
    """Let some tracklets go over to another person of the same camera in mid-course, and that one's to them."""
    for piece in pieces:
        if rng.random() >= rate or len(piece.frames) < 2 * MIN_BOXES:
            continue
        at = piece.frames[len(piece.frames) // 2]
        others = [
            other for other in pieces
            if other.camera == piece.camera and other.person != piece.person
            and (other.frames < at).sum() >= MIN_BOXES and (other.frames >= at).sum() >= MIN_BOXES
        ]  # fmt: skip
        if not others:
            continue
        other = others[int(rng.integers(len(others)))]
        for index, values in (("crop_frames", ("crops", "crop_frames")), ("frames", ("boxes", "frames"))):
            cut, their_cut = ((getattr(p, index) < at).sum() for p in (piece, other))
            for name in values:
                mine, theirs = getattr(piece, name), getattr(other, name)
                setattr(piece, name, np.concatenate([mine[:cut], theirs[their_cut:]]))
                setattr(other, name, np.concatenate([theirs[:their_cut], mine[cut:]]))


def _tracklet(rng: np.random.Generator, piece: _Piece, camera: str, track: int, fps: float) -> Tracklet:
    kept = np.unique(np.linspace(0, len(piece.crops) - 1, MAX_SAMPLES).round().astype(np.int64))
    scores = rng.uniform(0.5, 0.95, len(piece.frames)).astype(np.float32)
    return Tracklet(
        camera_id=camera, track_id=track, frame_indices=piece.frames, times_s=piece.frames / fps,
        boxes=piece.boxes.astype(np.float32), scores=scores, embedding=_unit(piece.crops.mean(axis=0)),
        samples=piece.crops[kept], qualities=np.ones(len(kept), np.float32), sample_frames=piece.crop_frames[kept],
    )  # fmt: skip


def _truth(cameras: Mapping[str, int], visits: Sequence[Visit]) -> dict[str, MotData]:
    rows: list[list[NDArray]] = [[np.zeros((0, 6))] for _ in cameras]
    for visit in visits:
        number = np.full(len(visit.frames), visit.person + 1)
        rows[visit.camera].append(mot_rows(visit.frames, number, visit.boxes))
    return {
        name: MotData.from_rows(np.concatenate(of), length=length)
        for (name, length), of in zip(cameras.items(), rows, strict=True)
    }
