"""The single-camera tracker: a table of tracks and a list of association stages.

SORT, ByteTrack, BoT-SORT, OC-SORT, Deep OC-SORT, StrongSORT, TrackTrack and our default are presets of this one engine
(`tracker/presets/`). The way of a frame, without a loop over tracks:

    prepare     clean the detections, predict the tracks, choose the crops that can change a decision
    (embed)     outside, in one batch over all cameras
    associate   match stage by stage, correct the filters, end what is gone, begin what is new
"""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from tracker.single_camera.appearance.crop_quality import plain_quality
from tracker.single_camera.appearance.distance_scale import PAIRS_PER_FRAME, AppearanceScale
from tracker.single_camera.appearance.lost_people import LostPeople
from tracker.single_camera.appearance.track_embeddings import choose_crops, resolve_momentum, update_embeddings
from tracker.single_camera.association.match_pairs import TrackView
from tracker.single_camera.association.stages import match_stages
from tracker.single_camera.engine.births import RecentFrames, begin_tracks, confirm, confirmable, free_detections
from tracker.single_camera.engine.detection_repair import check_time, unit_embeddings, usable_detections
from tracker.single_camera.engine.prepared import PreparedFrame
from tracker.single_camera.engine.track_motion import TrackMotion
from tracker.single_camera.options import TrackerOptions
from tracker.single_camera.table import LOST, TENTATIVE, TRACKED, TrackTable
from tracker.structures import Detections, FloatArray, Frame, FrameTracks, IntArray, TrackBeginnings

Mask = NDArray[np.bool_]


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
        self._lost = LostPeople(options.memory_s, options.max_return_distance)
        self._scale = AppearanceScale(distances)
        self._momentum = resolve_momentum(options.appearance_momentum, self._scale)
        self._recent = RecentFrames()
        self._time_s: float | None = None
        self._next_id = 1

    def prepare(self, frame: Frame, detections: Detections, can_embed: bool = True) -> PreparedFrame:
        """Clean the next frame's detections, predict every track, and choose the crops to embed.

        Every frame is prepared once, in order, also when nothing was detected, and `associate` follows. Detections that
        come with embeddings want none, and none are wanted where nobody `can_embed`.

        Raises:
            ValueError: Time runs backwards.
        """
        check_time(frame, self._time_s)
        elapsed_s, is_first = (0.0, True) if self._time_s is None else (frame.time_s - self._time_s, False)
        self._time_s = frame.time_s
        usable, rows = usable_detections(detections, self.options.double_cover, self.repairs)
        self._motion.follow_camera(self._table, frame)
        self._motion.advance(self._table, elapsed_s)
        predicted = self._motion.boxes(self._table)
        wanted = np.zeros(len(usable), np.bool_)
        if can_embed and detections.embeddings is None:
            wanted = choose_crops(frame, usable, self._table, predicted, self.options)
        return PreparedFrame(frame, detections, usable, rows, predicted, wanted, is_first)

    def associate(self, prepared: PreparedFrame, embeddings: FloatArray | None = None) -> FrameTracks:
        """Match the prepared detections with the tracks; the confirmed tracks that were seen.

        Args:
            prepared: From `prepare`, of the newest frame.
            embeddings: Of its `wanted_boxes`, float32 (W, D); None where nothing was embedded.

        Raises:
            ValueError: Embeddings of another dimension than before.
        """
        now_s = prepared.frame.time_s
        detections, embedded = self._with_appearance(prepared, embeddings)
        rows, cols = self._match(prepared.predicted, detections, embedded)
        self._recent.add(self._table, prepared.frame, detections)
        self._record(rows, cols, detections, embedded, now_s)
        self._end_missed(now_s)
        self._begin(detections, embedded, cols, prepared.is_first, now_s)
        confirmed = self._confirm(now_s)
        return self._output(detections, self._recent.beginnings(self._table, confirmed))

    def update(self, frame: Frame, detections: Detections) -> FrameTracks:
        """Both steps at once, for detections that have their embeddings or need none."""
        return self.associate(self.prepare(frame, detections, can_embed=False))

    def _with_appearance(self, prepared: PreparedFrame, embeddings: FloatArray | None) -> tuple[Detections, Mask]:
        """The detections from `low_score` on with unit embeddings, and which of them have one."""
        detections = prepared.embedded(embeddings)
        enough = detections.scores >= self.options.low_score
        if not enough.all():
            detections = detections[enough]
        if detections.embeddings is None:
            return detections, np.zeros(len(detections), np.bool_)
        place = f"camera {prepared.frame.camera_id!r} frame {prepared.frame.index}"
        vectors, embedded = unit_embeddings(detections.embeddings, self._table.dimension, place, self.repairs)
        if not self._table.dimension:
            self._table.set_dimension(vectors.shape[1])
        return detections.with_embeddings(vectors), embedded

    def _match(self, predicted: FloatArray, detections: Detections, embedded: Mask) -> tuple[IntArray, IntArray]:
        """Matched rows and detections, int64 (K,) each."""
        table, motion, options = self._table, self._motion, self.options
        view = TrackView(
            predicted=predicted,
            observed=table["observed"],
            score=table["score"],
            embedding=table["embedding"],
            has_embedding=table["embedded_s"] > -np.inf,
            rescale=self._scale.apply,
            position=table["mean"][:, :4],
            variance=lambda: motion.innovation(table),
            measure=motion.shape.measure,
        )
        return match_stages(options.stages, view, table["state"], detections, embedded, options.high_score)

    def _record(self, rows: IntArray, cols: IntArray, detections: Detections, embedded: Mask, now_s: float) -> None:
        """Give matched tracks their detections."""
        if not len(rows):
            return
        table = self._table
        boxes, scores = detections.boxes[cols], detections.scores[cols]
        self._motion.correct(table, rows, boxes, scores, now_s)
        table["observed"][rows, 1:] = table["observed"][rows, :-1]
        table["observed"][rows, 0] = boxes
        table["score"][rows] = scores
        table["hits"][rows] += 1
        table["seen_s"][rows] = now_s
        table["detection"][rows] = cols
        state = table["state"]
        state[rows[state[rows] == LOST]] = TRACKED
        if detections.embeddings is not None:
            self._learn_scale(rows, cols, detections.embeddings, embedded)
            self._record_embeddings(rows, cols, detections, embedded, now_s)

    def _learn_scale(self, rows: IntArray, cols: IntArray, embeddings: FloatArray, embedded: Mask) -> None:
        """Distances between confirmed tracks and their detections, and between those and other people's."""
        table = self._table
        known = embedded[cols] & (table["embedded_s"][rows] > -np.inf) & (table["state"][rows] == TRACKED)
        chosen = np.flatnonzero(known)[:PAIRS_PER_FRAME]
        self._scale.learn(table["embedding"][rows[chosen]], embeddings[cols[chosen]])

    def _record_embeddings(
        self, rows: IntArray, cols: IntArray, detections: Detections, embedded: Mask, now_s: float
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
        update_embeddings(self._table, rows, detections.embeddings[cols], trust, now_s, self._momentum)
        self._table["crop_quality"][rows] = np.maximum(self._table["crop_quality"][rows], quality)

    def _end_missed(self, now_s: float) -> None:
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
            self._lost.add(table["track_id"][leaving], table["seen_s"][leaving], table["embedding"][leaving])
        table.remove(dead)

    def _begin(self, detections: Detections, embedded: Mask, matched: IntArray, is_first: bool, now_s: float) -> None:
        """Start tentative tracks from the sure detections that no track took."""
        options = self.options
        chosen = free_detections(self._table, detections, matched, options)
        if not len(chosen):
            return
        hits = options.min_hits if is_first and options.confirm_at_start else 1
        rows = begin_tracks(self._table, self._motion, detections, chosen, now_s, hits)
        if detections.embeddings is not None:
            self._record_embeddings(rows, chosen, detections, embedded, now_s)

    def _confirm(self, now_s: float) -> IntArray:
        """Number the tracks that have enough detections, or give back the number of somebody who was lost.

        Returns:
            Their rows, int64 (K,).
        """
        table = self._table
        rows = confirmable(table, self.options.min_hits)
        if not len(rows):
            return rows
        ids = np.zeros(len(rows), np.int64)
        if len(self._lost) and table.dimension:
            ids = self._lost.recall(table["embedding"][rows], table["start_s"][rows], now_s, self._scale.apply)
        new = ids == 0
        ids[new] = np.arange(self._next_id, self._next_id + np.count_nonzero(new))
        self._next_id += int(np.count_nonzero(new))
        confirm(table, rows, ids)
        return rows

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


def build_tracker(
    options: TrackerOptions, camera_id: str = "", distances: tuple[float, float, float] | None = None
) -> ArrayTracker:
    """A fresh tracker for one camera; `distances` are those of the embedder, see `tracker.interfaces.Embedder`."""
    return ArrayTracker(options, camera_id, distances)
