"""Fill the gaps of a tracklet with boxes in between; their score is 0, since nothing was detected there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from crosscam.base.ragged_arrays import expand
from tracker.structures import Tracklet

GAUSSIAN_SPAN_S = 1.0
"""Length over which the Gaussian process remembers, in seconds."""

MAX_SUPPORT = 60
"""Detected boxes on either side of a gap that the Gaussian process looks at."""


def fill_gaps(tracklet: Tracklet, max_gap_s: float, method: str) -> Tracklet:
    """The tracklet with gaps of at most `max_gap_s` seconds filled, by "linear" or "gaussian" interpolation.

    Du et al., StrongSORT (GSI), arXiv:2202.13514. Departure: the process is fitted to the deviation from straight lines
    near the gap.
    """
    frames, times = tracklet.frame_indices, tracklet.times_s
    short = (np.diff(frames) > 1) & (np.diff(times) <= max_gap_s)
    before = np.flatnonzero(short)
    if not len(before):
        return tracklet
    gap, within = expand(frames[before + 1] - frames[before] - 1)
    start, step = before[gap], within + 1
    share = step / (frames[start + 1] - frames[start])
    new_times = times[start] + share * (times[start + 1] - times[start])
    boxes = tracklet.boxes[start] + share[:, None] * (tracklet.boxes[start + 1] - tracklet.boxes[start])
    if method == "gaussian":
        boxes = _gaussian(tracklet, before, new_times, boxes)
    all_frames = np.concatenate([frames, frames[start] + step])
    order = np.argsort(all_frames, kind="stable")
    return replace(
        tracklet,
        frame_indices=all_frames[order],
        times_s=np.concatenate([times, new_times])[order],
        boxes=np.concatenate([tracklet.boxes, boxes.astype(np.float32)])[order],
        scores=np.concatenate([tracklet.scores, np.zeros(len(boxes), np.float32)])[order],
    )


def _gaussian(tracklet: Tracklet, before: NDArray, new_times: NDArray, linear: NDArray) -> NDArray[np.float64]:
    """Posterior mean of a Gaussian process at `new_times`, gap by gap, around the straight line `linear`."""
    boxes = linear.astype(np.float64).copy()
    for gap in before:
        low, high = tracklet.times_s[gap], tracklet.times_s[gap + 1]
        inside = (new_times > low) & (new_times < high)
        support = slice(max(gap + 1 - MAX_SUPPORT, 0), gap + 1 + MAX_SUPPORT)
        times, known = tracklet.times_s[support], tracklet.boxes[support].astype(np.float64)
        slope = (tracklet.boxes[gap + 1] - tracklet.boxes[gap]) / (high - low)
        line = tracklet.boxes[gap] + slope * (times - low)[:, None]
        noise = 0.05 * np.median(known[:, 3] - known[:, 1])
        boxes[inside] += gaussian_mean(times, known - line, new_times[inside], GAUSSIAN_SPAN_S + high - low, noise)
    return boxes


def gaussian_mean(times: NDArray, values: NDArray, at: NDArray, span_s: float, noise: float) -> NDArray[np.float64]:
    """Posterior mean at times `at` (A,) of a process with values (T, C) at `times` (T,), squared exponential kernel."""

    def kernel(a: NDArray, b: NDArray) -> NDArray[np.float64]:
        return np.exp(-0.5 * ((a[:, None] - b[None]) / span_s) ** 2)

    spread = max(float(values.std()), 1e-6)
    gram = kernel(times, times) + (noise / spread) ** 2 * np.eye(len(times))
    return kernel(at, times) @ np.linalg.solve(gram, values)
