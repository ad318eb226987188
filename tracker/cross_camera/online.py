"""Identities while the videos run: who is in view now, decided as soon as it is clear.

    identities = OnlineIdentities(options, setup, cameras=["hall", "door"])
    for each instant:
        seen = [ActiveTrack("hall", 3, box, embedding, quality), ...]      # every confirmed track of every camera
        numbers = identities.step(time_s, seen)   # {("hall", 3): 7, ("door", 1): None}; None: still pending
        for event in identities.take_events(): ...      # "new", "found" (seen before), "merged" (other became identity)

A track waits until it was seen well enough. Then one assignment per instant, over all cameras, gives it a known
identity or a new one; two tracks of one instant never get the same identity, and nobody in view of a camera is given to
another track of it. Every `recluster_s` seconds the last minutes are decided again by the offline associator, with the
numbers kept where they were most; so live results approach offline ones, and corrections are published as events.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from tracker.cross_camera.appearance import unit_rows
from tracker.cross_camera.associator import Associator
from tracker.cross_camera.calibration import Calibration
from tracker.cross_camera.cameras import CameraSetup
from tracker.cross_camera.evidence import live_calibration
from tracker.cross_camera.gallery import IdentityGallery
from tracker.cross_camera.options import CrossCameraOptions, OnlineOptions
from tracker.structures import FloatArray, Tracklet

Key = tuple[str, int]
KEEP_STEP_S = 0.2
"""Boxes of a track are kept at this distance in time: enough for its path, and bounded."""

MAX_KEPT = 600
MAX_SAMPLES = 8
FORBIDDEN = 1e6


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


@dataclass(frozen=True)
class IdentityEvent:
    """Something that a reader of the live results should know.

    Attributes:
        kind: "new": a number was given out; "found": a track was recognized; "merged": `other` is `identity_id` now.
        time_s: When it was decided.
        identity_id: The number.
        other: The number that is no longer used, for "merged".
        camera_id: Where, for "new" and "found".
        track_id: Which track, for "new" and "found".
    """

    kind: Literal["new", "found", "merged"]
    time_s: float
    identity_id: int
    other: int | None = None
    camera_id: str | None = None
    track_id: int | None = None


@dataclass(eq=False)
class _Track:
    camera_id: str
    track_id: int
    first_s: float
    last_s: float
    times: list[float] = field(default_factory=list)
    boxes: list[NDArray] = field(default_factory=list)
    samples: list[FloatArray] = field(default_factory=list)
    qualities: list[float] = field(default_factory=list)
    sample_times: list[float] = field(default_factory=list)
    total: FloatArray | None = None
    embedded: int = 0
    identity_id: int | None = None

    def see(self, time_s: float, track: ActiveTrack) -> None:
        self.last_s = time_s
        if (not self.times or time_s - self.times[-1] >= KEEP_STEP_S) and len(self.times) < MAX_KEPT:
            self.times.append(time_s)
            self.boxes.append(np.asarray(track.box, np.float32))
        if track.embedding is None or not track.embedding.any():
            return
        weighted = track.embedding * max(track.quality, 1e-3)
        self.total = weighted if self.total is None else self.total + weighted
        self.embedded += 1
        if len(self.samples) >= MAX_SAMPLES:
            drop = int(np.argmin(self.qualities))
            if self.qualities[drop] > track.quality:
                return
            for values in (self.samples, self.qualities, self.sample_times):
                del values[drop]
        self.samples.append(track.embedding)
        self.qualities.append(track.quality)
        self.sample_times.append(time_s)

    def vector(self) -> FloatArray | None:
        return None if self.total is None else unit_rows(self.total[None])[0]

    def tracklet(self) -> Tracklet:
        """What is known so far; frames are counted in milliseconds."""
        times = np.array(self.times, np.float64)
        samples = np.stack(self.samples) if self.samples else np.zeros((0, 0), np.float32)
        return Tracklet(
            self.camera_id,
            self.track_id,
            np.round(times * 1000).astype(np.int64),
            times,
            np.stack(self.boxes),
            np.ones(len(times), np.float32),
            self.vector(),
            samples,
            np.array(self.qualities, np.float32),
            np.round(np.array(self.sample_times) * 1000).astype(np.int64),
        )


class OnlineIdentities:
    """One identity per person over all cameras, decided as time goes on.

    Args:
        options: Of the associator that looks back.
        setup: What is known of the cameras.
        live: Waiting times and memory.
        first_number: The first new identity; above those that a stored gallery knows.
    """

    def __init__(
        self,
        options: CrossCameraOptions | None = None,
        setup: CameraSetup | None = None,
        live: OnlineOptions | None = None,
        first_number: int = 1,
    ) -> None:
        self.live = live or OnlineOptions()
        self.gallery = IdentityGallery()
        self._options = options or CrossCameraOptions()
        self._associator = Associator(self._options, setup)
        self._calibration: Calibration | None = None
        self._tracks: dict[Key, _Track] = {}
        self._cameras: dict[str, int] = {}
        self._renamed: dict[int, int] = {}
        self._events: list[IdentityEvent] = []
        self._next = first_number
        self._reclustered_s: float | None = None

    def step(self, time_s: float, tracks: Sequence[ActiveTrack]) -> dict[Key, int | None]:
        """Take all tracks in view at one instant; returns the identity of each, None while it is pending."""
        now = [self._see(time_s, track) for track in tracks]
        self._decide(time_s, now)
        if self._reclustered_s is None:
            self._reclustered_s = time_s
        if self.live.recluster_s and time_s - self._reclustered_s >= self.live.recluster_s:
            self.recluster(time_s)
        return {(t.camera_id, t.track_id): t.identity_id for t in now}

    def finish(self, time_s: float) -> dict[Key, int | None]:
        """Decide what is still pending when a stream ends, then the last minutes once more; as `current`."""
        pending = [t for t in self._tracks.values() if t.identity_id is None]
        for track in pending:
            track.first_s = min(track.first_s, time_s - self.live.max_pending_s)
        self._decide(time_s, pending)
        self.recluster(time_s)
        return self.current()

    def take_events(self) -> list[IdentityEvent]:
        """Events since the last call, in order."""
        events, self._events = self._events, []
        return events

    def current(self) -> dict[Key, int | None]:
        """Identity of every track of the last `window_s` seconds, in view or not, as it is known now."""
        return {key: track.identity_id for key, track in self._tracks.items()}

    def identity_of(self, identity_id: int) -> int:
        """The number that an identity has after all merges."""
        while identity_id in self._renamed:
            identity_id = self._renamed[identity_id]
        return identity_id

    def _see(self, time_s: float, seen: ActiveTrack) -> _Track:
        self._cameras.setdefault(seen.camera_id, len(self._cameras))
        key = (seen.camera_id, seen.track_id)
        track = self._tracks.get(key)
        if track is None:
            track = self._tracks[key] = _Track(seen.camera_id, seen.track_id, time_s, time_s)
        track.see(time_s, seen)
        if track.identity_id is not None:
            self.gallery.touch(track.identity_id, time_s)
        return track

    def _decide(self, time_s: float, now: Sequence[_Track]) -> None:
        """One assignment of all tracks that are ready, over all cameras."""
        undecided = [t for t in now if t.identity_id is None]
        ready = [t for t in undecided if t.embedded >= self.live.min_samples or self._is_late(t, time_s)]
        if not ready:
            return
        numbers, odds = self._odds(ready, now)
        cost = np.full((len(ready), len(numbers) + len(ready)), FORBIDDEN)
        cost[:, : len(numbers)] = np.where(odds > 0, -odds, FORBIDDEN)
        cost[np.arange(len(ready)), len(numbers) + np.arange(len(ready))] = 0.0
        _, chosen = linear_sum_assignment(cost)
        for row, (track, column) in enumerate(zip(ready, chosen.tolist(), strict=True)):
            best = np.sort(odds[row])[::-1][:2]
            unclear = len(best) > 0 and abs(best[0]) < self.live.margin
            unclear |= len(best) > 1 and best[0] > 0 and best[0] - best[1] < self.live.margin
            if unclear and not self._is_late(track, time_s):
                continue
            known = column < len(numbers)
            self._give(track, int(numbers[column]) if known else self._new_number(), time_s, known)

    def _odds(self, ready: Sequence[_Track], now: Sequence[_Track]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Log-odds of each ready track against each identity; -inf where the identity is in view of that camera."""
        vectors = [t.vector() for t in ready]
        dimension = next((len(v) for v in vectors if v is not None), 0)
        if self._calibration is None or not dimension:
            return np.zeros(0, np.int64), np.zeros((len(ready), 0))
        stack = np.stack([np.zeros(dimension, np.float32) if v is None else v for v in vectors])
        centred = self.gallery.centred(stack, [self._cameras[t.camera_id] for t in ready])
        numbers, odds = self.gallery.log_odds(centred, self._calibration)
        taken = {(t.camera_id, t.identity_id) for t in now if t.identity_id is not None}
        column = {number: k for k, number in enumerate(numbers.tolist())}
        for row, track in enumerate(ready):
            if vectors[row] is None:
                odds[row] = -np.inf
            for camera, number in taken:
                if camera == track.camera_id and number in column:
                    odds[row, column[number]] = -np.inf
        return numbers, odds

    def _is_late(self, track: _Track, time_s: float) -> bool:
        return time_s - track.first_s >= self.live.max_pending_s

    def _new_number(self) -> int:
        self._next += 1
        return self._next - 1

    def _give(self, track: _Track, number: int, time_s: float, known: bool) -> None:
        track.identity_id = number
        self.gallery.touch(number, time_s)
        vector = track.vector()
        if vector is not None:
            self.gallery.add(number, self._cameras[track.camera_id], vector, time_s)
        kind: Literal["new", "found"] = "found" if known else "new"
        self._events.append(IdentityEvent(kind, time_s, number, None, track.camera_id, track.track_id))

    def recluster(self, time_s: float) -> None:
        """Decide the last `window_s` seconds again with everything in view; takes longer than a step."""
        self._reclustered_s = time_s
        for key in [k for k, t in self._tracks.items() if t.last_s < time_s - self.live.window_s]:
            del self._tracks[key]
        self.gallery.archive(time_s - self.live.archive_s)
        kept = [t for t in self._tracks.values() if t.identity_id is not None]
        if len(kept) < 2:
            return
        tracklets = {(t.camera_id, t.track_id): t.tracklet() for t in kept}
        identities = self._associator.associate(list(tracklets.values()))
        self._adopt([[(t.camera_id, t.track_id) for t in i.tracklets] for i in identities], time_s)
        found = live_calibration(list(tracklets.values()), self._cameras, self._options)
        if found is not None:
            means, self._calibration = found
            self.gallery.set_camera_means(means)

    def _adopt(self, clusters: Sequence[Sequence[Key]], time_s: float) -> None:
        """Take a new partition: each cluster keeps the number that most of its time already has."""
        numbers = sorted({self._number(key) for cluster in clusters for key in cluster})
        column = {number: k for k, number in enumerate(numbers)}
        weight = np.zeros((len(clusters), len(numbers)))
        for row, cluster in enumerate(clusters):
            for key in cluster:
                track = self._tracks[key]
                weight[row, column[self._number(key)]] += track.last_s - track.first_s + KEEP_STEP_S
        rows, columns = linear_sum_assignment(-weight)
        chosen = {r: numbers[c] for r, c in zip(rows.tolist(), columns.tolist(), strict=True) if weight[r, c] > 0}
        for row, cluster in enumerate(clusters):
            number = chosen.get(row)
            if number is None:  # part of an identity that was two people
                number = self._new_number()
                first = min(cluster, key=lambda key: self._tracks[key].first_s)
                self._events.append(IdentityEvent("new", time_s, number, None, *first))
            for key in cluster:
                self._tracks[key].identity_id = number
                self.gallery.touch(number, self._tracks[key].last_s)
        still = {t.identity_id for t in self._tracks.values()}
        for row in range(len(clusters)):
            for number in [n for n in numbers if weight[row, column[n]] > 0 and n not in still]:
                keep = self._tracks[clusters[row][0]].identity_id
                assert keep is not None
                if number not in self._renamed and number != keep:
                    self._renamed[number] = keep
                    self.gallery.merge(keep, number)
                    self._events.append(IdentityEvent("merged", time_s, keep, number))

    def _number(self, key: Key) -> int:
        number = self._tracks[key].identity_id
        assert number is not None
        return number
