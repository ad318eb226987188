"""The single-camera tracker: a table of tracks and a list of association stages.

SORT, ByteTrack, BoT-SORT, OC-SORT, Deep OC-SORT, StrongSORT, TrackTrack and our default are presets of this one engine
(`tracker/presets/`). The frame path has no loop over tracks.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from crosscam.base.box_overlap import overlap_of_pairs, overlapping_pairs
from tracker.single_camera.appearance.crop_quality import plain_quality
from tracker.single_camera.appearance.distance_scale import PAIRS_PER_FRAME, AppearanceScale
from tracker.single_camera.appearance.lost_people import ReturnMemory
from tracker.single_camera.appearance.track_embeddings import choose_crops, fitted_momentum, update_embeddings
from tracker.single_camera.association.match_pairs import TrackView, find_candidates
from tracker.single_camera.association.stage import match_stage
from tracker.single_camera.engine.detection_repair import check_time, repair_detections, unit_embeddings
from tracker.single_camera.engine.nested_boxes import doubles
from tracker.single_camera.engine.track_motion import TrackMotion
from tracker.single_camera.options import TrackerOptions
from tracker.single_camera.table import FRAMES, LOST, TENTATIVE, TRACKED, TrackTable
from tracker.structures import Detections, FloatArray, Frame, FrameTracks, IntArray, TrackBeginnings

Mask = NDArray[np.bool_]

STATES = {"tracked": TRACKED, "lost": LOST, "tentative": TENTATIVE}
"""Names of the states in the options."""


class ArrayTracker:
    """The engine, one instance per camera; satisfies `tracker.interfaces.SingleCameraTracker`.

    Attributes:
        repairs: Count of every repair of bad input, by name; see `detection_repair.py`.
    """

    def __init__(
        self, options: TrackerOptions, camera_id: str = "", distances: tuple[float, float, float] | None = None
    ) -> None:
        self.options = options
        self.camera_id = camera_id
        self.repairs: Counter[str] = Counter()
        self._motion = TrackMotion(options)
        self._table = TrackTable(self._motion.filter.covariance_shape)
        self._memory = ReturnMemory(options.memory_s, options.max_return_distance)
        self._scale = AppearanceScale(distances)
        chosen = options.appearance_momentum
        self._momentum = fitted_momentum(self._scale.noise) if chosen is None else chosen
        self._frames: deque[tuple[int, float, FloatArray, FloatArray]] = deque(maxlen=FRAMES)  # the newest first
        self._time_s: float | None = None
        self._next_id = 1

    def wants_appearance(self, frame: Frame, detections: Detections) -> Mask:
        """Which detections need an embedding to decide anything, bool (N,); `update` does not depend on this call."""
        wanted = np.zeros(len(detections), np.bool_)
        usable, rows = self._usable(detections, Counter())
        ahead_s = 0.0 if self._time_s is None else max(frame.time_s - self._time_s, 0.0)
        predicted = self._motion.peek(self._table, frame, ahead_s)
        wanted[rows] = choose_crops(frame, usable, self._table, predicted, self.options)
        return wanted

    def update(self, frame: Frame, detections: Detections) -> FrameTracks:
        """Take the next frame's detections; called once per frame, even when nothing was detected.

        Rows of zeros in `detections.embeddings` mean "not embedded".

        Raises:
            ValueError: Time runs backwards, or embeddings of another dimension than before.
        """
        check_time(frame, self._time_s)
        is_first = self._time_s is None
        elapsed_s = 0.0 if self._time_s is None else frame.time_s - self._time_s
        self._time_s = frame.time_s
        detections, embedded = self._prepare(frame, detections)
        self._motion.follow_camera(self._table, frame)
        self._motion.advance(self._table, elapsed_s)
        rows, cols = self._associate(detections, embedded)
        self._next_frame(frame, detections)
        self._record(frame, rows, cols, detections, embedded)
        self._drop_missed(frame.time_s)
        self._found_tracks(frame, detections, embedded, cols, is_first)
        confirmed = self._confirm(frame.time_s)
        return self._output(detections, self._beginnings(confirmed))

    def _usable(self, detections: Detections, repairs: Counter[str]) -> tuple[Detections, IntArray]:
        """Detections that are neither broken nor second boxes of one body, and their rows in the input, int64."""
        detections, rows = repair_detections(detections, repairs)
        cover = self.options.double_cover
        if cover is None:
            return detections, rows
        double = doubles(detections.boxes, detections.scores, cover)
        return detections[~double], rows[~double]

    def _prepare(self, frame: Frame, detections: Detections) -> tuple[Detections, Mask]:
        """Usable detections from `low_score` on, and which of them have an embedding."""
        detections, _ = self._usable(detections, self.repairs)
        enough = detections.scores >= self.options.low_score
        if not enough.all():
            detections = detections[enough]
        if detections.embeddings is None:
            return detections, np.zeros(len(detections), np.bool_)
        place = f"camera {frame.camera_id!r} frame {frame.index}"
        embeddings, embedded = unit_embeddings(detections.embeddings, self._table.dimension, place, self.repairs)
        if not self._table.dimension:
            self._table.set_dimension(embeddings.shape[1])
        return detections.with_embeddings(embeddings), embedded

    def _associate(self, detections: Detections, embedded: Mask) -> tuple[IntArray, IntArray]:
        """Run the stages; matched rows and detections, int64 (K,) each."""
        table = self._table
        found_rows: list[IntArray] = [np.zeros(0, np.int64)]
        found_cols: list[IntArray] = [np.zeros(0, np.int64)]
        if len(table) and len(detections):
            free_tracks = np.ones(len(table), np.bool_)
            free = np.ones(len(detections), np.bool_)
            is_low = detections.scores < self.options.high_score
            scored = {"high": ~is_low, "low": is_low, "both": free}
            view = self._view()
            for stage in self.options.stages:
                members = (free_tracks & _in_groups(table["state"], stage.tracks)).nonzero()[0]
                targets = (free & scored[stage.detections]).nonzero()[0]
                if not (len(members) and len(targets)):
                    continue
                observed = stage.position == "observed"
                pairs = find_candidates(view, detections, embedded, members, targets, observed, stage.expand)
                rows, cols = match_stage(stage, pairs, is_low)
                free_tracks[rows] = False
                free[cols] = False
                found_rows.append(rows)
                found_cols.append(cols)
        return np.concatenate(found_rows), np.concatenate(found_cols)

    def _view(self) -> TrackView:
        """The table as cost terms see it."""
        table, motion = self._table, self._motion
        position = table["mean"][:, :4]
        return TrackView(
            predicted=motion.shape.boxes(position),
            observed=table["observed"],
            score=table["score"],
            embedding=table["embedding"],
            has_embedding=table["embedded_s"] > -np.inf,
            rescale=self._scale.apply,
            position=position,
            variance=lambda: motion.innovation(table),
            measure=motion.shape.measure,
        )

    def _record(self, frame: Frame, rows: IntArray, cols: IntArray, detections: Detections, embedded: Mask) -> None:
        """Give matched tracks their detections."""
        if not len(rows):
            return
        table = self._table
        boxes, scores = detections.boxes[cols], detections.scores[cols]
        self._motion.correct(table, rows, boxes, scores, frame.time_s)
        table["observed"][rows, 1:] = table["observed"][rows, :-1]
        table["observed"][rows, 0] = boxes
        table["score"][rows] = scores
        table["hits"][rows] += 1
        table["seen_s"][rows] = frame.time_s
        table["detection"][rows] = cols
        state = table["state"]
        state[rows[state[rows] == LOST]] = TRACKED
        if detections.embeddings is not None:
            self._learn_scale(rows, cols, detections.embeddings, embedded)
            self._record_embeddings(frame, rows, cols, detections, embedded)

    def _learn_scale(self, rows: IntArray, cols: IntArray, embeddings: FloatArray, embedded: Mask) -> None:
        """Distances between confirmed tracks and their detections, and between those and other people's."""
        table = self._table
        known = embedded[cols] & (table["embedded_s"][rows] > -np.inf) & (table["state"][rows] == TRACKED)
        chosen = np.flatnonzero(known)[:PAIRS_PER_FRAME]
        self._scale.learn(table["embedding"][rows[chosen]], embeddings[cols[chosen]])

    def _record_embeddings(
        self, frame: Frame, rows: IntArray, cols: IntArray, detections: Detections, embedded: Mask
    ) -> None:
        assert detections.embeddings is not None
        shown = embedded[cols]
        if not shown.all():
            rows, cols = rows[shown], cols[shown]
        options = self.options
        quality = plain_quality(detections.boxes[cols], detections.scores[cols])
        trust = np.ones(len(cols), np.float32)
        if options.appearance_by_score:
            trust = np.clip((detections.scores[cols] - options.low_score) / max(1 - options.low_score, 1e-6), 0, 1)
        update_embeddings(self._table, rows, detections.embeddings[cols], trust, frame.time_s, self._momentum)
        self._table["crop_quality"][rows] = np.maximum(self._table["crop_quality"][rows], quality)

    def _drop_missed(self, now_s: float) -> None:
        """Mark tracks without a detection as lost, and drop those gone too long."""
        table, options = self._table, self.options
        state, missed = table["state"], table["detection"] < 0
        if not missed.any():
            return
        state[missed & (state == TRACKED)] = LOST
        gone_s = now_s - table["seen_s"]
        limit = np.where(state == TENTATIVE, options.max_tentative_s, options.max_lost_s)
        dead = missed & (gone_s > limit)
        if options.memory_s:
            leaving = dead & (state == LOST) & (table["embedded_s"] > -np.inf)
            self._memory.add(table["track_id"][leaving], table["seen_s"][leaving], table["embedding"][leaving])
        table.remove(dead)

    def _found_tracks(
        self, frame: Frame, detections: Detections, embedded: Mask, matched: IntArray, is_first: bool
    ) -> None:
        """Start tentative tracks from the sure detections that no track took."""
        free = detections.scores >= self.options.new_score
        free[matched] = False
        chosen = np.flatnonzero(free)
        if not len(chosen):
            return
        chosen = chosen[~self._covered(detections.boxes[chosen])]
        chosen = chosen[np.lexsort(detections.boxes[chosen].T)]  # ids do not depend on the order of detections
        table, boxes = self._table, detections.boxes[chosen]
        new = table.append(len(chosen))
        self._motion.start(table, new, boxes)
        table["observed"][new] = boxes[:, None]
        table["score"][new] = detections.scores[chosen]
        table["hits"][new] = self.options.min_hits if is_first and self.options.confirm_at_start else 1
        table["start_s"][new] = table["seen_s"][new] = frame.time_s
        table["detection"][new] = chosen
        table["earlier"][new] = -1
        table["embedded_s"][new] = -np.inf
        if detections.embeddings is not None:
            rows = np.arange(new.start, new.stop)
            self._record_embeddings(frame, rows, chosen, detections, embedded)

    def _covered(self, boxes: FloatArray) -> Mask:
        """Which boxes lie on a track that was matched in this frame: second detections of the same person."""
        covered = np.zeros(len(boxes), np.bool_)
        table = self._table
        live = table["detection"] >= 0
        if self.options.birth_max_iou >= 1 or not live.any():
            return covered
        owners = table["observed"][live, 0]
        i, j = overlapping_pairs(boxes, owners)
        iou, _ = overlap_of_pairs(boxes[i], owners[j])
        covered[i[iou > self.options.birth_max_iou]] = True
        return covered

    def _next_frame(self, frame: Frame, detections: Detections) -> None:
        """No track has a detection of this frame yet; those of the last frames move on by one place."""
        table = self._table
        table["earlier"][:, 1:] = table["earlier"][:, :-1]
        table["earlier"][:, 0] = table["detection"]
        table["detection"][:] = -1
        self._frames.appendleft((frame.index, frame.time_s, detections.boxes, detections.scores))

    def _confirm(self, now_s: float) -> IntArray:
        """Number the tracks that have enough detections, or give them back the number of a remembered person.

        Returns:
            Their rows, int64 (K,).
        """
        table = self._table
        rows = np.flatnonzero((table["state"] == TENTATIVE) & (table["hits"] >= self.options.min_hits))
        if not len(rows):
            return rows
        rows = rows[np.lexsort(table["observed"][rows, 0].T)]
        ids = np.zeros(len(rows), np.int64)
        if len(self._memory) and table.dimension:
            ids = self._memory.recall(table["embedding"][rows], table["start_s"][rows], now_s, self._scale.apply)
        new = ids == 0
        ids[new] = np.arange(self._next_id, self._next_id + np.count_nonzero(new))
        self._next_id += int(np.count_nonzero(new))
        table["track_id"][rows] = ids
        table["state"][rows] = TRACKED
        return rows

    def _beginnings(self, rows: IntArray) -> TrackBeginnings | None:
        """The detections of newly confirmed tracks in the frames before this one, the oldest first."""
        earlier = self._table["earlier"][rows]
        if not (earlier >= 0).any():
            return None
        found = []
        for (index, time_s, boxes, scores), cols in zip(islice(self._frames, 1, None), earlier.T, strict=False):
            seen = cols >= 0
            ids, cols = self._table["track_id"][rows[seen]], cols[seen]
            found.append((ids, np.full(len(ids), index), np.full(len(ids), time_s), boxes[cols], scores[cols]))
        return TrackBeginnings(*(np.concatenate(parts[::-1]) for parts in zip(*found, strict=True)))

    def _output(self, detections: Detections, beginnings: TrackBeginnings | None) -> FrameTracks:
        """Confirmed tracks with a detection in this frame, in order of their ids."""
        table = self._table
        rows = np.flatnonzero((table["state"] == TRACKED) & (table["detection"] >= 0))
        rows = rows[np.argsort(table["track_id"][rows])]
        if self.options.output == "filtered":
            boxes = self._motion.shape.boxes(table["mean"][rows, :4])
        else:
            boxes = table["observed"][rows, 0]
        embeddings = None if detections.embeddings is None else detections.embeddings[table["detection"][rows]]
        return FrameTracks(table["track_id"][rows], boxes, table["score"][rows], embeddings, beginnings)


def _in_groups(state: NDArray[np.int8], groups: Sequence[str]) -> Mask:
    """Which states belong to one of the groups, bool (M,)."""
    belongs = np.zeros(3, np.bool_)
    belongs[[STATES[group] for group in groups]] = True
    return belongs[state]


def build_tracker(
    options: TrackerOptions, camera_id: str = "", distances: tuple[float, float, float] | None = None
) -> ArrayTracker:
    """A fresh tracker for one camera; `distances` are those of the embedder, see `tracker.interfaces.Embedder`."""
    return ArrayTracker(options, camera_id, distances)
