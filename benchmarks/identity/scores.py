"""IDF1 of many linkings of the same boxes, quickly: boxes are compared with the truth once.

The same figure as TrackEval's (a test compares them): the one-to-one naming of identities as people with the most boxes
on people, an overlap of IoU 0.5 counting, over all cameras.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from benchmarks.worlds.world import World
from crosscam.base.boxes import box_iou
from tracker.evaluation.frame_matching import MIN_IOU, frame_slices
from tracker.evaluation.identity_errors import find_identity_errors

NOBODY = -1
"""Label of a box that is not put out."""


@dataclass(frozen=True, eq=False)
class BoxTruth:
    """The boxes of a world's tracklets, tracklet by tracklet, and the people whom each overlaps.

    Attributes:
        cameras: Number of each box's camera, int64 (B,).
        frames: From 0, int64 (B,).
        tracklets: Number of each box's tracklet, int64 (B,).
        pair_boxes: Box of each overlap, int64 (P,).
        pair_people: Person of each overlap, from 1, int64 (P,).
        nearest: The person whom each box overlaps most, or NOBODY, int64 (B,).
        true_boxes: Number of boxes of the truth.
    """

    cameras: NDArray[np.int64]
    frames: NDArray[np.int64]
    tracklets: NDArray[np.int64]
    pair_boxes: NDArray[np.int64]
    pair_people: NDArray[np.int64]
    nearest: NDArray[np.int64]
    true_boxes: int

    def scores(self, labels: NDArray[np.int64]) -> dict[str, float]:
        """Multi-camera IDF1 in percent, and people too many in identities, of a label per box (B,)."""
        kept = np.flatnonzero(labels != NOBODY)
        keys = np.column_stack([self.cameras[kept], self.frames[kept], labels[kept]])
        kept = kept[np.unique(keys, axis=0, return_index=True)[1]]  # files have an identity once in a frame
        put_out = np.zeros(len(labels), bool)
        put_out[kept] = True
        pairs = put_out[self.pair_boxes]
        right = _most_right(labels[self.pair_boxes[pairs]], self.pair_people[pairs])
        matched = put_out & (self.nearest != NOBODY)
        errors = find_identity_errors(self.nearest[matched], labels[matched])
        idf1 = 200 * right / max(self.true_boxes + len(kept), 1)
        return {"IDF1": idf1, "wrong_merges": errors.wrong_merges, "wrong_splits": errors.wrong_splits}


def _most_right(labels: NDArray[np.int64], people: NDArray[np.int64]) -> int:
    """Boxes on the right person under the best naming."""
    names, rows = np.unique(labels, return_inverse=True)
    persons, columns = np.unique(people, return_inverse=True)
    table = np.zeros((len(names), len(persons)), np.int64)
    np.add.at(table, (rows, columns), 1)
    return int(table[linear_sum_assignment(-table)].sum())


def compare_boxes(world: World) -> BoxTruth:
    """Find out whom each box of a world's tracklets shows."""
    names = list(world.truth)
    lengths = [len(t) for t in world.tracklets]
    cameras = np.repeat([names.index(t.camera_id) for t in world.tracklets], lengths)
    frames = np.concatenate([t.frame_indices for t in world.tracklets])
    boxes = np.concatenate([t.boxes for t in world.tracklets])
    pair_boxes, pair_people = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    nearest = np.full(len(frames), NOBODY)
    for number, data in enumerate(world.truth.values()):
        mine = np.flatnonzero(cameras == number)
        mine = mine[np.argsort(frames[mine], kind="stable")]
        moments = np.unique(frames[mine])
        of_boxes, of_truth = frame_slices(frames[mine], moments), frame_slices(data.frames, moments + 1)
        for ours, theirs in zip(of_boxes, of_truth, strict=True):
            if theirs.start == theirs.stop:
                continue
            rows, ids = mine[ours], data.ids[theirs]
            iou = box_iou(boxes[rows], data.boxes[theirs])
            a, b = np.nonzero(iou >= MIN_IOU)
            pair_boxes.append(rows[a])
            pair_people.append(ids[b])
            nearest[rows] = np.where(iou.max(axis=1) >= MIN_IOU, ids[iou.argmax(axis=1)], NOBODY)
    return BoxTruth(
        cameras, frames, np.repeat(np.arange(len(lengths)), lengths), np.concatenate(pair_boxes),
        np.concatenate(pair_people), nearest, sum(len(data) for data in world.truth.values()),
    )  # fmt: skip
