"""Finding how far the clocks of cameras are apart, from people whom two calibrated views show at once.

Somebody who walks is in two places if the clocks differ. The offset between two cameras is the shift in time that
brings the paths of shared people closest together on the floor; standing people say nothing and do no harm.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from tracker.cross_camera.ground import GroundPath, GroundPlane, ground_path, places_at
from tracker.structures import Identity

MAX_OFFSET_S = 2.5
STEP_S = 0.05
MIN_COMMON_S = 3.0
"""Time in both views, over all people, that an estimate needs."""

MIN_GAIN = 0.1
"""Share by which the shift must bring the paths closer; less is noise, and the clocks are taken as they are."""


def estimate_clock_offsets(identities: Sequence[Identity], ground: Mapping[str, GroundPlane]) -> dict[str, float]:
    """Seconds to add to each camera's times so that shared people agree.

    Args:
        identities: Linked over cameras, on the present clocks.
        ground: Calibrated cameras by name.

    Returns:
        Offset by camera, 0 for the first of each group of cameras that share people; cameras without shared people
        are left out.
    """
    paths = [
        [(t.camera_id, path) for t in identity.tracklets if (path := ground_path(t, ground.get(t.camera_id)))]
        for identity in identities
    ]
    names = sorted({camera for person in paths for camera, _ in person})
    between: dict[tuple[str, str], float] = {}
    for k, one in enumerate(names):
        for other in names[k + 1 :]:
            shared = [(p, q) for person in paths for a, p in person for b, q in person if (a, b) == (one, other)]
            offset = pair_offset(shared)
            if offset is not None:
                between[one, other] = offset
    return _chain(names, between)


def pair_offset(pairs: Sequence[tuple[GroundPath, GroundPath]]) -> float | None:
    """Seconds to add to the second paths' times to fit the first ones; None with too little in common."""
    shifts = np.arange(-MAX_OFFSET_S, MAX_OFFSET_S + STEP_S / 2, STEP_S)
    distances = np.array([_mean_distance(pairs, shift) for shift in shifts])
    if not np.isfinite(distances).any():
        return None
    best = int(np.nanargmin(distances))
    present = distances[len(shifts) // 2]
    if np.isfinite(present) and distances[best] > (1 - MIN_GAIN) * present:
        return 0.0
    return float(round(shifts[best], 3))


def _mean_distance(pairs: Sequence[tuple[GroundPath, GroundPath]], shift: float) -> float:
    """Mean over time of the distance between paths, the second ones `shift` seconds later; NaN with too little."""
    total, moments = 0.0, 0
    for first, second in pairs:
        low = max(first.times_s[0], second.times_s[0] + shift)
        high = min(first.times_s[-1], second.times_s[-1] + shift)
        if high - low < 0.5:
            continue
        times: NDArray[np.float64] = np.arange(low, high, 0.1)
        apart = np.linalg.norm(places_at(first, times) - places_at(second, times - shift), axis=1)
        apart = apart[np.isfinite(apart)]
        total += float(np.minimum(apart, 3.0).sum())
        moments += len(apart)
    return total / moments if moments * 0.1 >= MIN_COMMON_S else float("nan")


def _chain(names: Sequence[str], between: Mapping[tuple[str, str], float]) -> dict[str, float]:
    """Offsets relative to the first camera of each connected group."""
    offsets: dict[str, float] = {}
    for root in names:
        if root in offsets or not any(root in pair for pair in between):
            continue
        offsets[root] = 0.0
        waiting = [root]
        while waiting:
            here = waiting.pop()
            for (one, other), offset in between.items():
                if one == here and other not in offsets:
                    offsets[other] = offsets[here] + offset
                    waiting.append(other)
                elif other == here and one not in offsets:
                    offsets[one] = offsets[here] - offset
                    waiting.append(one)
    return offsets
