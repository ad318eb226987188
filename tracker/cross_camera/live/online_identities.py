"""Identities while the videos run: who is in view now, decided as soon as it is clear.

    identities = OnlineIdentities(options, setup)
    for each instant:
        seen = [ActiveTrack("hall", 3, box, embedding, quality), ...]      # every confirmed track of every camera
        identity_ids = identities.step(time_s, seen)   # {("hall", 3): 7, ("door", 1): None}; None: still pending
        for event in identities.take_events(): ...      # "new", "found" (seen before), "merged" (other became identity)

A track waits until it was seen well enough. Then one assignment per instant, over all cameras, gives it a known
identity or a new one; two tracks of one instant never get the same identity, and nobody in view of a camera is given to
another track of it. Every `recluster_s` seconds the last minutes are decided again by the offline associator, with the
identities kept where they were most; so live results approach offline ones, and corrections are published as events.
While that goes on in the background, tracks in view are followed and nobody new is decided.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tracker.cross_camera.evidence.score_calibration import Calibration
from tracker.cross_camera.floor.cameras import CameraSetup
from tracker.cross_camera.live.identity_events import IdentityEvent
from tracker.cross_camera.live.instant import assign, is_clear
from tracker.cross_camera.live.online_gallery import OnlineGallery
from tracker.cross_camera.live.online_track import KEEP_STEP_S, ActiveTrack, LiveTrack
from tracker.cross_camera.live.reassociation import Reassociation
from tracker.cross_camera.live.shared_time import SharedTime
from tracker.cross_camera.options import CrossCameraOptions, OnlineOptions
from tracker.structures import FloatArray, IntArray, TrackKey

FIRST_RECLUSTER_S = 3.0
"""The first time everything is decided again; the pause doubles until it is `recluster_s`. Before the first time nobody
can be recognized, because nothing is known of how alike people are here."""


class OnlineIdentities:
    """One identity per person over all cameras, decided as time goes on.

    Args:
        options: Of the associator that looks back.
        setup: What is known of the cameras.
        live: Waiting times and memory.
        first_number: The first new identity; above those that a stored gallery knows.
        background: Where the last minutes are decided again; None does it in the step.

    Attributes:
        gallery: Who is known.
        reclustered_s: When the last minutes were last begun to be decided again; before that, when the first step was.
    """

    def __init__(
        self,
        options: CrossCameraOptions | None = None,
        setup: CameraSetup | None = None,
        live: OnlineOptions | None = None,
        first_number: int = 1,
        background: Executor | None = None,
    ) -> None:
        self.live = live or OnlineOptions()
        self.gallery = OnlineGallery()
        self._reassociation = Reassociation(options or CrossCameraOptions(), setup, background)
        self._calibration: Calibration | None = None
        self._means: FloatArray = np.zeros((0, 0), np.float32)
        self._tracks: dict[TrackKey, LiveTrack] = {}
        self._cameras: dict[str, int] = {}
        self._renamed: dict[int, int] = {}
        self._events: list[IdentityEvent] = []
        self._next = first_number
        self.reclustered_s: float | None = None
        self._pause_s = min(FIRST_RECLUSTER_S, self.live.recluster_s)

    def step(self, time_s: float, tracks: Sequence[ActiveTrack]) -> dict[TrackKey, int | None]:
        """Take all tracks in view at one instant; returns the identity of each, None while it is pending."""
        now = [self._see(time_s, track) for track in tracks]
        self._take_up(time_s)
        if not self._reassociation.is_running:
            self._decide(time_s, now)
        if self.reclustered_s is None:
            self.reclustered_s = time_s
        is_due = self.live.recluster_s and time_s - self.reclustered_s >= self._pause_s
        if is_due and not self._reassociation.is_running:
            self._begin_reassociation(time_s)
            self._take_up(time_s)
            self._pause_s = min(2 * self._pause_s, self.live.recluster_s)
        return {(t.camera_id, t.track_id): t.identity_id for t in now}

    def finish(self, time_s: float) -> dict[TrackKey, int | None]:
        """Decide what is still pending when a stream ends, then the last minutes once more; as `current`."""
        self._take_up(time_s, wait=True)
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

    def current(self) -> dict[TrackKey, int | None]:
        """Identity of every track of the last `window_s` seconds, in view or not, as it is known now."""
        return {key: track.identity_id for key, track in self._tracks.items()}

    def identity_of(self, identity_id: int) -> int:
        """What an identity is called after all merges."""
        while identity_id in self._renamed:
            identity_id = self._renamed[identity_id]
        return identity_id

    def _see(self, time_s: float, seen: ActiveTrack) -> LiveTrack:
        self._cameras.setdefault(seen.camera_id, len(self._cameras))
        key = (seen.camera_id, seen.track_id)
        track = self._tracks.get(key)
        if track is None:
            track = self._tracks[key] = LiveTrack(seen.camera_id, seen.track_id, time_s, time_s)
        track.see(time_s, seen)
        if track.identity_id is not None:
            self.gallery.touch(track.identity_id, time_s)
        return track

    def _decide(self, time_s: float, now: Sequence[LiveTrack]) -> None:
        """One assignment, over all cameras, of all tracks that are ready and of which more is known than before."""
        ready = [t for t in now if t.identity_id is None and (self._is_ripe(t) or self._is_late(t, time_s))]
        if not ready:
            return
        identity_ids, odds = self._odds(ready, now)
        for row, (track, column) in enumerate(zip(ready, assign(odds), strict=True)):
            track.judged = track.embedded
            if is_clear(odds[row], self.live.margin) or self._is_late(track, time_s):
                known = column is not None
                identity_id = self._new_identity() if column is None else int(identity_ids[column])
                self._give(track, identity_id, time_s, known)

    def _is_ripe(self, track: LiveTrack) -> bool:
        return track.embedded >= self.live.min_samples and track.embedded > track.judged

    def _is_late(self, track: LiveTrack, time_s: float) -> bool:
        return time_s - track.first_s >= self.live.max_pending_s

    def _odds(self, ready: Sequence[LiveTrack], now: Sequence[LiveTrack]) -> tuple[IntArray, NDArray[np.float64]]:
        """Log-odds of each ready track against each identity; -inf where the identity is in view of that camera."""
        embeddings = [(row, vector) for row, t in enumerate(ready) if (vector := t.vector()) is not None]
        if self._calibration is None or not embeddings:
            return np.zeros(0, np.int64), np.zeros((len(ready), 0))
        rows = [row for row, _ in embeddings]
        cameras = [self._cameras[ready[row].camera_id] for row in rows]
        centred = self.gallery.centred(np.stack([vector for _, vector in embeddings]), cameras)
        identity_ids, by_appearance = self.gallery.log_odds(centred, self._calibration)
        odds = np.full((len(ready), len(identity_ids)), -np.inf)
        odds[rows] = by_appearance
        for row, track in enumerate(ready):
            taken = [t.identity_id for t in now if t.identity_id is not None and t.camera_id == track.camera_id]
            odds[row, np.isin(identity_ids, taken)] = -np.inf
        return identity_ids, odds

    def _new_identity(self) -> int:
        self._next += 1
        return self._next - 1

    def _give(self, track: LiveTrack, identity_id: int, time_s: float, known: bool) -> None:
        track.identity_id = identity_id
        self.gallery.touch(identity_id, time_s)
        vector = track.vector()
        if vector is not None:
            self.gallery.show(identity_id, self._cameras[track.camera_id], vector)
        kind: Literal["new", "found"] = "found" if known else "new"
        self._events.append(IdentityEvent(kind, time_s, identity_id, None, *track.key))

    def recluster(self, time_s: float) -> None:
        """Decide the last `window_s` seconds again with everything in view, now; takes longer than a step."""
        self._take_up(time_s, wait=True)
        self._begin_reassociation(time_s)
        self._take_up(time_s, wait=True)

    def _begin_reassociation(self, time_s: float) -> None:
        self.reclustered_s = time_s
        self._leave_behind(time_s - self.live.window_s)
        self.gallery.archive(time_s - self.live.archive_s)
        self._reassociation.begin([t.tracklet() for t in self._decided()], self._cameras)

    def _take_up(self, time_s: float, wait: bool = False) -> None:
        """Adopt what the look back found, once it is there."""
        found = self._reassociation.take(wait)
        if found is None:
            return
        if found.calibration is not None:
            self._means, self._calibration = found.calibration
        self._adopt(found.people, time_s)
        self._show_again(self._decided())

    def _decided(self) -> list[LiveTrack]:
        return [t for t in self._tracks.values() if t.identity_id is not None]

    def _leave_behind(self, before_s: float) -> None:
        """Let tracks fall out of the last minutes; their embeddings stay as prototypes."""
        for key, track in [(k, t) for k, t in self._tracks.items() if t.last_s < before_s]:
            vector = track.vector()
            if track.identity_id is not None and vector is not None:
                self.gallery.add(track.identity_id, self._cameras[track.camera_id], vector, track.last_s)
            del self._tracks[key]

    def _show_again(self, decided: Sequence[LiveTrack]) -> None:
        """The gallery takes over what was corrected, and what was seen of the tracks since they were decided."""
        shown = [(t, vector) for t in decided if (vector := t.vector()) is not None]
        owners = [self._identity_of(t.key) for t, _ in shown]
        cameras = [self._cameras[t.camera_id] for t, _ in shown]
        self.gallery.set_recent(owners, cameras, [vector for _, vector in shown], self._means)

    def _adopt(self, clusters: Sequence[Sequence[TrackKey]], time_s: float) -> None:
        """Take a new partition: each cluster keeps the identity_id that most of its time already has."""
        before = {key: self._identity_of(key) for cluster in clusters for key in cluster}
        seconds = {key: self._tracks[key].last_s - self._tracks[key].first_s + KEEP_STEP_S for key in before}
        shared = SharedTime(clusters, before, seconds)
        chosen = shared.kept()
        told = set()
        for row, cluster in enumerate(clusters):
            identity_id = chosen.get(row)
            if identity_id is None:  # part of an identity that was two people
                identity_id = self._new_identity()
                first = min(cluster, key=lambda key: self._tracks[key].first_s)
                self._events.append(IdentityEvent("new", time_s, identity_id, None, *first))
                told.add(first)
            for key in cluster:
                self._tracks[key].identity_id = identity_id
                self.gallery.touch(identity_id, self._tracks[key].last_s)
        for row in range(len(clusters)):
            for identity_id in shared.given_up(row, chosen):
                self._merge(self._identity_of(clusters[row][0]), identity_id, clusters[row], time_s)
        for key, old in before.items():
            identity_id = self._identity_of(key)
            if self.identity_of(old) != identity_id and key not in told:
                self._events.append(IdentityEvent("found", time_s, identity_id, None, *key))

    def _merge(self, keep: int, identity_id: int, cluster: Sequence[TrackKey], time_s: float) -> None:
        """Make `identity_id`, which no track of the last minutes has any more, a name of `keep`.

        Not where tracks of the cluster had the identity_id by mistake: they look unlike those that had it before.
        """
        if identity_id in self._renamed:
            return
        embeddings = [(key, vector) for key in cluster if (vector := self._tracks[key].vector()) is not None]
        if embeddings and self._calibration is not None:
            cameras = [self._cameras[camera] for (camera, _), _ in embeddings]
            centred = self.gallery.centred(np.stack([vector for _, vector in embeddings]), cameras)
            odds = self.gallery.kept_log_odds(identity_id, centred, self._calibration)
            if odds is not None and odds < 0:
                return
        self._renamed[identity_id] = keep
        self.gallery.merge(keep, identity_id)
        self._events.append(IdentityEvent("merged", time_s, keep, identity_id))

    def _identity_of(self, key: TrackKey) -> int:
        identity_id = self._tracks[key].identity_id
        assert identity_id is not None
        return identity_id
