"""People who walk from camera to camera, without pictures: tracklets with known identities, at a stated difficulty.

    world = make_world(WorldOptions(people=50, cameras=4, similarity=0.5, seed=1))
    identities = Associator(options, world.setup(calibrated=False)).associate(world.tracklets)
    world.score(identities).multi_camera["IDF1"]

What can be set, and what it means:

- `similarity`: expected cosine of two views of one person in different cameras, where that of two people is 0 with
  deviation `1 / sqrt(dimension)`. With the default dimension, 0.6 is easy, 0.3 is hard; `World.separability()` and
  `World.rank1()` say what came out.
- `miss_rate`, `box_noise`, `breaks_per_minute`, `mixed_rate`: faults of the detector and the single-camera tracker.
- `gap_m`: metres between the areas that neighbouring cameras see; negative where the areas overlap.

Areas lie on a grid; people go from area to area and come back to some. Everything follows from the seed.
Import this with the repository's root and `tools/` on the path.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from sample_scene.camera import Camera

from benchmarks.synthetic_walks import AREA_M, WorldOptions, areas, camera_over, person_boxes, walk
from tracker.cross_camera.cameras import CameraSetup
from tracker.cross_camera.ground import GroundPlane
from tracker.evaluation.mot_data import MotData
from tracker.evaluation.tracking import TrackingScores, evaluate
from tracker.structures import Identity, Tracklet

MIN_BOXES = 4
"""Shorter tracklets are not made, as trackers do not confirm them."""
DIMENSION = 64
MAX_SAMPLES = 6


@dataclass(frozen=True, eq=False)
class World:
    """Tracklets and the truth about them.

    Attributes:
        options: What it was made from.
        cameras: With their places; `cameras[k].name` is the `camera_id`.
        tracklets: In order of camera and track.
        people: int64 (len(tracklets),), who each tracklet mostly shows, from 1.
        truth: Every box that a camera could see, by camera.
    """

    options: WorldOptions
    cameras: tuple[Camera, ...]
    tracklets: tuple[Tracklet, ...]
    people: NDArray[np.int64]
    truth: dict[str, MotData] = field(repr=False)

    def setup(self, calibrated: bool) -> CameraSetup:
        """What the associator is told of the cameras."""
        if not calibrated:
            return CameraSetup()
        planes = {c.name: GroundPlane(c.floor_homography(), float(c.height)) for c in self.cameras}
        return CameraSetup(ground=planes)

    def score(self, identities: Sequence[Identity]) -> TrackingScores:
        """Compare identities with the truth, box by box."""
        rows: dict[str, list[NDArray]] = {camera.name: [np.zeros((0, 6))] for camera in self.cameras}
        for identity in identities:
            for tracklet in identity.tracklets:
                number = np.full(len(tracklet), identity.identity_id)
                size = tracklet.boxes[:, 2:] - tracklet.boxes[:, :2]
                columns = [tracklet.frame_indices + 1, number, tracklet.boxes[:, :2], size]
                rows[tracklet.camera_id].append(np.column_stack(columns))
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


def _without_doubles(rows: NDArray[np.float64]) -> MotData:
    """Results where an identity has one box in a frame, the first, as files must have it."""
    _, first = np.unique(rows[:, :2], axis=0, return_index=True)
    return MotData.from_rows(rows[first])


def _visits(inside: NDArray[np.bool_]) -> list[NDArray[np.int64]]:
    """Stretches of frames in which somebody is in an area."""
    frames = np.flatnonzero(inside)
    return [run for run in np.split(frames, np.flatnonzero(np.diff(frames) > 1) + 1) if len(run)]


def _broken(rng: np.random.Generator, options: WorldOptions, frames: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """The frames of a visit as the tracker has them: boxes missed, the track broken into pieces."""
    breaks = rng.random(len(frames)) < options.breaks_per_minute / 60 / options.fps
    breaks[0] = False
    pieces = np.split(frames, np.flatnonzero(breaks))
    found = [piece[rng.random(len(piece)) >= options.miss_rate] for piece in pieces]
    return [piece for piece in found if len(piece) >= MIN_BOXES]


def _unit(vectors: NDArray) -> NDArray[np.float32]:
    return (vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)).astype(np.float32)


def _mix(first: NDArray, second: NDArray, share: float) -> NDArray:
    """A direction whose cosine with `first` is about sqrt(1 - share), where the two have nothing in common."""
    return np.sqrt(1 - share) * first + np.sqrt(share) * second


class _Appearance:
    """Embeddings of people as cameras see them."""

    def __init__(self, rng: np.random.Generator, options: WorldOptions) -> None:
        self._rng, self._options = rng, options
        self._people = _unit(rng.normal(size=(options.people, DIMENSION)))
        self._casts = _unit(rng.normal(size=(options.cameras, DIMENSION)))

    def samples(self, person: int, camera: int, count: int) -> NDArray[np.float32]:
        """Embeddings of `count` crops of one visit, float32 (count, DIMENSION)."""
        view = _mix(_unit(self._rng.normal(size=DIMENSION)), self._casts[camera], self._options.camera_share)
        seen = _unit(_mix(self._people[person], view, 1 - self._options.similarity))
        crops = _unit(self._rng.normal(size=(count, DIMENSION)))
        return _unit(_mix(seen, crops, self._options.crop_noise))


def _tracklet(
    camera: str, track: int, frames: NDArray, boxes: NDArray, scores: NDArray, samples: NDArray, fps: float
) -> Tracklet:
    chosen = np.linspace(0, len(frames) - 1, len(samples)).round().astype(np.int64)
    return Tracklet(
        camera_id=camera, track_id=track, frame_indices=frames, times_s=frames / fps, boxes=boxes.astype(np.float32),
        scores=scores.astype(np.float32), embedding=_unit(samples.mean(axis=0)), samples=samples,
        qualities=np.ones(len(samples), np.float32), sample_frames=frames[chosen],
    )  # fmt: skip


@dataclass(eq=False)
class _Piece:
    """What one tracklet is made of, before mixing."""

    camera: int
    person: int
    frames: NDArray[np.int64]
    boxes: NDArray[np.float64]
    samples: NDArray[np.float32]


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
        if others:
            other = others[int(rng.integers(len(others)))]
            for name in ("boxes", "samples", "frames"):
                mine, theirs = getattr(piece, name), getattr(other, name)
                cut, their_cut = ((piece.frames < at).sum(), (other.frames < at).sum())
                if name == "samples":
                    cut, their_cut = len(mine) // 2, len(theirs) // 2
                setattr(piece, name, np.concatenate([mine[:cut], theirs[their_cut:]]))
                setattr(other, name, np.concatenate([theirs[:their_cut], mine[cut:]]))


def make_world(options: WorldOptions) -> World:
    """Let everybody walk, and see what the cameras and a fallible tracker make of it."""
    rng = np.random.default_rng(options.seed)
    corners, neighbours = areas(options)
    cameras = tuple(camera_over(f"cam{k + 1}", corner) for k, corner in enumerate(corners))
    appearance = _Appearance(rng, options)
    pieces: list[_Piece] = []
    truth: list[list[NDArray]] = [[np.zeros((0, 6))] for _ in cameras]
    for person in range(options.people):
        places, height = walk(rng, options, corners, neighbours), rng.uniform(1.55, 1.9)
        for number, camera in enumerate(cameras):
            inside = ((places >= corners[number]) & (places <= corners[number] + AREA_M)).all(axis=1)
            for frames in _visits(inside):
                boxes = person_boxes(camera, places[frames], height)
                size = boxes[:, 2:] - boxes[:, :2]
                truth[number].append(
                    np.column_stack([frames + 1, np.full(len(frames), person + 1), boxes[:, :2], size])
                )
                for found in _broken(rng, options, frames):
                    noise = options.box_noise * rng.normal(size=(len(found), 4))
                    seen = boxes[np.searchsorted(frames, found)]
                    seen = seen + noise * (seen[:, 3:] - seen[:, 1:2])
                    samples = appearance.samples(person, number, min(MAX_SAMPLES, len(found) // 2))
                    pieces.append(_Piece(number, person, found, seen, samples))
    _swap_tails(rng, pieces, options.mixed_rate)
    return _assemble(options, cameras, pieces, truth, rng)


def _assemble(
    options: WorldOptions, cameras: tuple[Camera, ...], pieces: list[_Piece], truth: list[list[NDArray]],
    rng: np.random.Generator,
) -> World:  # fmt: skip
    """Number the tracklets and gather the truth."""
    pieces.sort(key=lambda piece: (piece.camera, piece.frames[0]))
    tracklets = []
    for number, piece in enumerate(pieces, 1):
        scores = rng.uniform(0.5, 0.95, len(piece.frames))
        name = cameras[piece.camera].name
        tracklets.append(_tracklet(name, number, piece.frames, piece.boxes, scores, piece.samples, options.fps))
    length = round(options.minutes * 60 * options.fps)
    rows = {
        camera.name: MotData.from_rows(np.concatenate(of), length=length)
        for camera, of in zip(cameras, truth, strict=True)
    }
    people = np.array([piece.person + 1 for piece in pieces], np.int64)
    return World(options, cameras, tuple(tracklets), people, rows)
