"""How tracks begin: sure detections that no track took, confirmed after some frames, numbered once."""

from __future__ import annotations

from collections import deque
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from crosscam.base.box_overlap import overlap_of_pairs, overlapping_pairs
from tracker.single_camera.engine.track_motion import TrackMotion
from tracker.single_camera.options import TrackerOptions
from tracker.single_camera.table import FRAMES, TENTATIVE, TRACKED, TrackTable
from tracker.structures import Detections, FloatArray, Frame, IntArray, TrackBeginnings

Mask = NDArray[np.bool_]


def free_detections(table: TrackTable, detections: Detections, matched: IntArray, options: TrackerOptions) -> IntArray:
    """Detections that begin a track, int64 (K,): sure, taken by nobody, and on no track that was matched."""
    free = detections.scores >= options.new_score
    free[matched] = False
    chosen = np.flatnonzero(free)
    if not len(chosen):
        return chosen
    chosen = chosen[~_covered(table, detections.boxes[chosen], options.birth_max_iou)]
    return chosen[np.lexsort(detections.boxes[chosen].T)]  # ids do not depend on the order of detections


def begin_tracks(
    table: TrackTable, motion: TrackMotion, detections: Detections, chosen: IntArray, now_s: float, hits: int
) -> IntArray:
    """Add a tentative track for each chosen detection; their rows, int64 (K,)."""
    boxes = detections.boxes[chosen]
    new = table.append(len(chosen))
    motion.start(table, new, boxes)
    table["observed"][new] = boxes[:, None]
    table["score"][new] = detections.scores[chosen]
    table["hits"][new] = hits
    table["start_s"][new] = table["seen_s"][new] = now_s
    table["detection"][new] = chosen
    table["earlier"][new] = -1
    table["embedded_s"][new] = -np.inf
    return np.arange(new.start, new.stop)


def confirmable(table: TrackTable, min_hits: int) -> IntArray:
    """Rows of the tentative tracks that have enough detections, int64 (K,), in an order that the boxes give."""
    rows = np.flatnonzero((table["state"] == TENTATIVE) & (table["hits"] >= min_hits))
    return rows[np.lexsort(table["observed"][rows, 0].T)]


def confirm(table: TrackTable, rows: IntArray, track_ids: IntArray) -> None:
    """Give the rows (K,) their ids (K,)."""
    table["track_id"][rows] = track_ids
    table["state"][rows] = TRACKED


def _covered(table: TrackTable, boxes: FloatArray, max_iou: float) -> Mask:
    """Which boxes lie on a track that was matched in this frame: second detections of the same person."""
    covered = np.zeros(len(boxes), np.bool_)
    live = table["detection"] >= 0
    if max_iou >= 1 or not live.any():
        return covered
    owners = table["observed"][live, 0]
    i, j = overlapping_pairs(boxes, owners)
    iou, _ = overlap_of_pairs(boxes[i], owners[j])
    covered[i[iou > max_iou]] = True
    return covered


class RecentFrames:
    """The detections of the last frames, which tell where a track was before it was confirmed."""

    def __init__(self) -> None:
        self._frames: deque[tuple[int, float, FloatArray, FloatArray]] = deque(maxlen=FRAMES)  # the newest first

    def add(self, table: TrackTable, frame: Frame, detections: Detections) -> None:
        """Take a frame: no track has a detection of it yet; those of the last frames move on by one place."""
        table["earlier"][:, 1:] = table["earlier"][:, :-1]
        table["earlier"][:, 0] = table["detection"]
        table["detection"][:] = -1
        self._frames.appendleft((frame.index, frame.time_s, detections.boxes, detections.scores))

    def beginnings(self, table: TrackTable, rows: IntArray) -> TrackBeginnings | None:
        """The detections of newly confirmed tracks in the frames before this one, the oldest first."""
        earlier = table["earlier"][rows]
        if not (earlier >= 0).any():
            return None
        found = []
        for (index, time_s, boxes, scores), cols in zip(islice(self._frames, 1, None), earlier.T, strict=False):
            seen = cols >= 0
            ids, cols = table["track_id"][rows[seen]], cols[seen]
            found.append((ids, np.full(len(ids), index), np.full(len(ids), time_s), boxes[cols], scores[cols]))
        return TrackBeginnings(*(np.concatenate(parts[::-1]) for parts in zip(*found, strict=True)))
