"""Tracklets that are no people: too short to be anyone, or furniture that a detector was never sure of."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tracker.single_camera.refinement.options import RefinementOptions
from tracker.structures import Tracklet

WALKED_HEIGHTS = 1.0
"""Who comes this far from the first box, in box heights, walks."""

STILL_HEIGHTS = 0.3
"""Furniture strays no farther than this from its median place, in box heights, for 95 % of the time."""


def drop_ghosts(
    tracklets: Sequence[Tracklet], options: RefinementOptions, usual: float | None = None
) -> list[Tracklet]:
    """The tracklets of one camera without those that are too short or furniture.

    What score is usual is learned from those who walk in the same camera, so no fixed score is involved.

    Args:
        tracklets: Of one camera.
        options: See `RefinementOptions`.
        usual: The usual score where nobody walks in this camera, as from `usual_score` of all cameras; None: nothing
            is furniture there.
    """
    lasting = [t for t in tracklets if is_lasting(t, options)]
    here = usual_score(lasting)
    usual = usual if here is None else here
    if options.still_score is None or usual is None:
        return lasting
    limit = options.still_score * usual
    return [t for t in lasting if not (mean_score(t) < limit and stays(t))]


def usual_score(tracklets: Sequence[Tracklet]) -> float | None:
    """Median score of those who walk; None where nobody does."""
    walking = [mean_score(t) for t in tracklets if travel(t) >= WALKED_HEIGHTS]
    return float(np.median(walking)) if walking else None


def is_lasting(tracklet: Tracklet, options: RefinementOptions) -> bool:
    """Enough boxes and time to be a person rather than a ghost."""
    return len(tracklet) >= options.min_boxes and tracklet.end_s - tracklet.start_s >= options.min_duration_s


def mean_score(tracklet: Tracklet) -> float:
    """Mean score of the detected boxes."""
    detected = tracklet.scores[tracklet.scores > 0]
    return float(detected.mean()) if len(detected) else 0.0


def travel(tracklet: Tracklet) -> float:
    """The farthest that the feet came from the first box, in median heights."""
    feet = _feet(tracklet)
    return float(np.linalg.norm(feet - feet[0], axis=1).max()) / _height(tracklet)


def stays(tracklet: Tracklet) -> bool:
    """Whether the feet keep to one place all the time."""
    feet = _feet(tracklet)
    away = np.linalg.norm(feet - np.median(feet, axis=0), axis=1)
    return float(np.quantile(away, 0.95)) <= STILL_HEIGHTS * _height(tracklet)


def _feet(tracklet: Tracklet) -> np.ndarray:
    boxes = tracklet.boxes
    return np.stack([(boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 3]], axis=1)


def _height(tracklet: Tracklet) -> float:
    return max(float(np.median(tracklet.boxes[:, 3] - tracklet.boxes[:, 1])), 1.0)
