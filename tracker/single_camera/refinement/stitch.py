"""Join fragments of one person: one ends, the other begins nearby soon after, and both look alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from crosscam.base.vectors import unit_vector
from tracker.single_camera.association.assignment import assign_optimal
from tracker.single_camera.refinement.options import StitchOptions
from tracker.structures import FloatArray, Tracklet

VELOCITY_S = 0.5
"""Velocity at the ends of a fragment is taken over this long, in seconds."""


def stitch_tracklets(
    tracklets: Sequence[Tracklet],
    options: StitchOptions,
    is_refused: Callable[[Tracklet, Tracklet], bool] | None = None,
) -> list[Tracklet]:
    """Tracklets of one camera, with fragments joined; a joined tracklet keeps the id of its first fragment.

    Each fragment gets at most one successor; all successors are chosen at once (optimal assignment), and again until
    nothing joins. `is_refused` has the last word on pairs that place and appearance allow.
    """
    current = sorted(tracklets, key=lambda t: (t.start_s, t.track_id))
    while len(current) > 1:
        cost = stitch_cost(current, options)
        rows, cols = np.nonzero(np.isfinite(cost))
        if is_refused is not None:
            kept = [not is_refused(current[i], current[j]) for i, j in zip(rows, cols, strict=True)]
            rows, cols = rows[kept], cols[kept]
        rows, cols = assign_optimal(rows, cols, cost[rows, cols], 1.0)
        if not len(rows):
            break
        current = _join_chains(current, dict(zip(rows.tolist(), cols.tolist(), strict=True)))
    return current


def stitch_cost(tracklets: Sequence[Tracklet], options: StitchOptions) -> NDArray[np.float64]:
    """Cost in [0, 1) of tracklet j following tracklet i, (T, T); inf where that cannot be."""
    starts = np.array([t.start_s for t in tracklets])
    ends = np.array([t.end_s for t in tracklets])
    gap = starts[None, :] - ends[:, None]
    possible = (gap > 0) & (gap <= options.max_gap_s)
    distance = _place_distance(tracklets, gap)
    allowed = options.slack + options.max_speed * gap
    appearance = _appearance_distance(tracklets)
    possible &= (distance <= allowed) & ~(appearance > options.max_distance)
    unseen = np.isnan(appearance)
    possible &= ~(unseen & (gap > 1.0))  # without embeddings only short gaps
    appearance_cost = np.where(unseen, 0.5, appearance / max(options.max_distance, 1e-6))
    cost = 0.7 * appearance_cost + 0.3 * distance / np.maximum(allowed, 1e-6)
    return np.where(possible, np.minimum(cost, 0.999), np.inf)


def join_tracklets(parts: Sequence[Tracklet]) -> Tracklet:
    """One tracklet of fragments in order of time, with the first one's id."""
    shown = [(len(t), t.embedding) for t in parts if t.embedding is not None]
    embedding = unit_vector(sum((count * vector for count, vector in shown), start=np.zeros(()))) if shown else None
    sampled = [t for t in parts if len(t.samples)]
    has_parts = sampled and all(t.visible_parts is not None for t in sampled)
    visible = np.concatenate([t.visible_parts for t in sampled if t.visible_parts is not None]) if has_parts else None
    return replace(
        parts[0],
        frame_indices=np.concatenate([t.frame_indices for t in parts]),
        times_s=np.concatenate([t.times_s for t in parts]),
        boxes=np.concatenate([t.boxes for t in parts]),
        scores=np.concatenate([t.scores for t in parts]),
        embedding=embedding,
        samples=np.concatenate([t.samples for t in sampled]) if sampled else parts[0].samples,
        qualities=np.concatenate([t.qualities for t in parts]),
        sample_frames=np.concatenate([t.sample_frames for t in parts]),
        visible_parts=visible,
    )


def _join_chains(tracklets: Sequence[Tracklet], successor: dict[int, int]) -> list[Tracklet]:
    joined = []
    followers = set(successor.values())
    for first in range(len(tracklets)):
        if first in followers:
            continue
        chain = [first]
        while chain[-1] in successor:
            chain.append(successor[chain[-1]])
        joined.append(join_tracklets([tracklets[i] for i in chain]) if len(chain) > 1 else tracklets[first])
    return joined


def _place_distance(tracklets: Sequence[Tracklet], gap: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distance between the end of i and the start of j in box heights, (T, T).

    The better of standing still and going on as before for at most VELOCITY_S, from either side.
    """
    tail, tail_speed = _ends(tracklets, last=True)
    head, head_speed = _ends(tracklets, last=False)
    height = np.array([np.median(t.boxes[:, 3] - t.boxes[:, 1]) for t in tracklets])
    step = np.clip(gap, 0, VELOCITY_S)[:, :, None]
    still = np.linalg.norm(head[None] - tail[:, None], axis=2)
    forward = np.linalg.norm(head[None] - (tail[:, None] + tail_speed[:, None] * step), axis=2)
    backward = np.linalg.norm((head[None] - head_speed[None] * step) - tail[:, None], axis=2)
    return np.minimum(np.minimum(forward, backward), still) / np.maximum(np.sqrt(height[:, None] * height[None]), 1.0)


def _ends(tracklets: Sequence[Tracklet], last: bool) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Foot point (T, 2) and its velocity (T, 2) at the last or first box."""
    feet, speeds = np.zeros((len(tracklets), 2)), np.zeros((len(tracklets), 2))
    for row, tracklet in enumerate(tracklets):
        times, foot = tracklet.times_s, _feet(tracklet.boxes)
        near = times >= times[-1] - VELOCITY_S if last else times <= times[0] + VELOCITY_S
        feet[row] = foot[-1] if last else foot[0]
        if np.count_nonzero(near) > 2:
            speeds[row] = np.polyfit(times[near] - times[near][0], foot[near], 1)[0]
    return feet, speeds


def _feet(boxes: FloatArray) -> NDArray[np.float64]:
    return np.stack([(boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 3]], axis=1).astype(np.float64)


def _appearance_distance(tracklets: Sequence[Tracklet]) -> NDArray[np.float64]:
    """Cosine distance of the tracklets' embeddings, (T, T); NaN where one has none."""
    dimension = max((len(t.embedding) for t in tracklets if t.embedding is not None), default=1)
    nothing = np.full(dimension, np.nan, np.float32)
    embeddings = np.stack([nothing if t.embedding is None else t.embedding for t in tracklets])
    return 1 - (embeddings @ embeddings.T).astype(np.float64)
