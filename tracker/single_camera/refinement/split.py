"""Cut a tracklet where the embedding changes for good: two people who met and swapped.

The idea is that of the tracklet splitter of Sun et al., GTA ("Global Tracklet Association"), 2024, which clusters the
embeddings of a tracklet. Departure: a cut in time that leaves both sides alike in themselves and unlike each other,
found exactly, so that one odd crop in the middle never makes a person of its own.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tracker.single_camera.appearance.track_embeddings import REFRESH_S
from tracker.single_camera.refinement.options import SplitOptions
from tracker.single_camera.tracklets.collector import weighted_mean
from tracker.structures import FloatArray, Tracklet


def split_tracklet(tracklet: Tracklet, options: SplitOptions) -> list[Tracklet]:
    """The tracklet, or its parts in order of time; all parts keep the track id (the caller renumbers)."""
    order = np.argsort(tracklet.sample_frames, kind="stable")
    samples, qualities = tracklet.samples[order], tracklet.qualities[order]
    cut = best_cut(samples, qualities, options)
    if cut is None:
        return [tracklet]
    frames = tracklet.sample_frames[order]
    boundary = _quietest_frame(tracklet, int(frames[cut - 1]), int(frames[cut]))
    before, after = cut_tracklet(tracklet, boundary)
    return [*split_tracklet(before, options), *split_tracklet(after, options)]


def best_cut(samples: FloatArray, qualities: FloatArray, options: SplitOptions) -> int | None:
    """Index of the first sample after the cut that separates the embeddings best, or None if none does well enough."""
    count = len(samples)
    best, best_distance = None, options.min_distance
    for cut in range(options.min_samples, count - options.min_samples + 1):
        before = weighted_mean(samples[:cut], qualities[:cut])
        after = weighted_mean(samples[cut:], qualities[cut:])
        distance = 1 - float(before @ after)
        if distance > best_distance:
            best, best_distance = cut, distance
    return best


def cut_tracklet(tracklet: Tracklet, frame: int) -> tuple[Tracklet, Tracklet]:
    """The boxes before `frame`, and those from it on; both must exist."""
    early, early_samples = tracklet.frame_indices < frame, tracklet.sample_frames < frame
    return _part(tracklet, early, early_samples), _part(tracklet, ~early, ~early_samples)


def _quietest_frame(tracklet: Tracklet, earliest: int, first: int) -> int:
    """Frame to cut at, in (earliest, first]: after the longest gap just before `first`, else in the middle.

    The new embedding was first seen in frame `first`; the person may have changed since the crop before, up to
    `REFRESH_S`.
    """
    frames, times = tracklet.frame_indices, tracklet.times_s
    start_s = times[np.searchsorted(frames, first)] - REFRESH_S
    inside = np.flatnonzero((frames > earliest) & (frames <= first) & (times >= start_s))
    gaps = frames[inside] - frames[inside - 1]
    if gaps.max() > 1:
        return int(frames[inside[gaps.argmax()]])
    return int(frames[inside[len(inside) // 2]])


def _part(tracklet: Tracklet, rows: NDArray[np.bool_], samples: NDArray[np.bool_]) -> Tracklet:
    kept, qualities = tracklet.samples[samples], tracklet.qualities[samples]
    parts = tracklet.visible_parts
    return replace(
        tracklet,
        frame_indices=tracklet.frame_indices[rows],
        times_s=tracklet.times_s[rows],
        boxes=tracklet.boxes[rows],
        scores=tracklet.scores[rows],
        embedding=weighted_mean(kept, qualities) if len(kept) else None,
        samples=kept,
        qualities=qualities,
        sample_frames=tracklet.sample_frames[samples],
        visible_parts=None if parts is None else parts[samples],
    )
