"""The filter applied to the table's columns: predict all rows, correct those that were matched."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tracker.motion.camera_motion import CameraMotion, warp_boxes, warp_filter
from tracker.motion.filters import BlockFilter, DenseFilter, MotionFilter, dense_from_blocks
from tracker.motion.shapes import REFERENCE_FPS, SHAPES
from tracker.single_camera.options import TrackerOptions
from tracker.single_camera.table import LOST, TrackTable
from tracker.structures import FloatArray, Frame, IntArray

MAX_REPLAY_STEPS = 16
"""Steps of the virtual path through a gap; longer gaps take longer steps."""


class TrackMotion:
    """Where tracks are expected, and how detections correct that."""

    def __init__(self, options: TrackerOptions) -> None:
        self.shape = SHAPES[options.shape]
        self.filter: MotionFilter = BlockFilter()
        self._noise_by_score = options.noise_by_score
        self._reupdate = options.reupdate
        self._damping_s = options.damping_s
        self._camera = CameraMotion() if options.camera_motion == "auto" else None

    def boxes(self, table: TrackTable) -> FloatArray:
        """Where the tracks are now, float32 (M, 4)."""
        return self.shape.boxes(table["mean"][:, :4])

    def follow_camera(self, table: TrackTable, frame: Frame) -> None:
        """Move everything that was seen so far to where it lies in this frame's image.

        From the camera's first motion on the filters are dense, because a turn mixes x with y.
        """
        transform = None if self._camera is None else self._camera.measure(frame, self.boxes(table))
        if transform is None:
            return
        if isinstance(self.filter, BlockFilter):
            self.filter = DenseFilter()
            for prefix in ("", "settled_"):
                _, covariance = dense_from_blocks(table[prefix + "mean"], table[prefix + "covariance"])
                table.replace(prefix + "covariance", covariance)
        for prefix in ("", "settled_"):
            mean, covariance = table[prefix + "mean"], table[prefix + "covariance"]
            mean[:], covariance[:] = warp_filter(mean, covariance, transform, self.shape.size_powers)
        table["observed"][:] = warp_boxes(table["observed"], transform)

    def advance(self, table: TrackTable, elapsed_s: float) -> None:
        """Predict every track `elapsed_s` seconds on; a lost track keeps its size (as in ByteTrack)."""
        if not len(table):
            return
        mean, covariance = table["mean"], table["covariance"]
        lost = (table["state"] == LOST).nonzero()[0]
        if len(lost):
            mean[lost, 6:] = 0
            if self._damping_s is not None:
                mean[lost, 4:6] *= np.exp(-elapsed_s / self._damping_s)
        position, velocity = self.shape.process(mean[:, :4])
        frames = elapsed_s * REFERENCE_FPS
        mean[:], covariance[:] = self.filter.predict(mean, covariance, elapsed_s, position * frames, velocity * frames)

    def innovation(self, table: TrackTable) -> NDArray[np.float64]:
        """Variance (M, 4) of measured minus expected."""
        return self.filter.innovation(table["covariance"], self.shape.measurement(table["mean"][:, :4]))

    def start(self, table: TrackTable, where: slice, boxes: FloatArray) -> None:
        """Set the filters of new rows."""
        measured = self.shape.measure(boxes)
        mean, covariance = self.filter.start(measured, *self.shape.start(measured))
        for prefix in ("", "settled_"):
            table[prefix + "mean"][where] = mean
            table[prefix + "covariance"][where] = covariance

    def correct(self, table: TrackTable, rows: IntArray, boxes: FloatArray, scores: FloatArray, now_s: float) -> None:
        """Correct the matched rows (K,) with their detections' boxes (K, 4) and scores (K,)."""
        if self._reupdate:
            self._replay_gaps(table, rows, boxes, now_s)
        measured = self.shape.measure(boxes)
        mean, covariance = table["mean"][rows], table["covariance"][rows]
        noise = self.shape.measurement(mean[:, :4])
        if self._noise_by_score:
            noise = noise * (1 - scores[:, None])  # Du et al., StrongSORT (NSA), arXiv:2202.13514, equation 4
        mean, covariance = self.filter.update(mean, covariance, measured, noise)
        for prefix in ("", "settled_"):
            table[prefix + "mean"][rows] = mean
            table[prefix + "covariance"][rows] = covariance

    def _replay_gaps(self, table: TrackTable, rows: IntArray, boxes: FloatArray, now_s: float) -> None:
        """Lead tracks found again from their last observation straight to the new one.

        Cao et al., OC-SORT, CVPR 2023, observation-centric re-update. Departure: the virtual path has equal steps in
        time, at most MAX_REPLAY_STEPS of them.
        """
        rows, boxes = rows[table["state"][rows] == LOST], boxes[table["state"][rows] == LOST]
        if not len(rows):
            return
        gap_s = (now_s - table["seen_s"][rows])[:, None]
        steps = int(np.clip(np.ceil(gap_s.max() * REFERENCE_FPS), 1, MAX_REPLAY_STEPS))
        last, measured = self.shape.measure(table["observed"][rows, 0]), self.shape.measure(boxes)
        mean, covariance = table["settled_mean"][rows], table["settled_covariance"][rows]
        step_s = gap_s / steps
        for step in range(1, steps + 1):
            position, velocity = self.shape.process(mean[:, :4])
            frames = step_s * REFERENCE_FPS
            mean, covariance = self.filter.predict(mean, covariance, step_s, position * frames, velocity * frames)
            if step < steps:  # the last step ends at the real detection
                virtual = last + (measured - last) * (step / steps)
                mean, covariance = self.filter.update(mean, covariance, virtual, self.shape.measurement(mean[:, :4]))
        table["mean"][rows], table["covariance"][rows] = mean, covariance
