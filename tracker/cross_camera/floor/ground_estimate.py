"""A floor for cameras of which nothing is known, estimated from people who are seen by two of them at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from crosscam.base.errors import InputError
from tracker.cross_camera.floor.camera_calibration import ViewPair, chain_to, fit_view_pairs, metric_floor
from tracker.cross_camera.floor.clock import clock_offsets
from tracker.cross_camera.floor.ground import GroundPlane
from tracker.cross_camera.floor.ground_paths import ground_path
from tracker.structures import TrackingResult


@dataclass(frozen=True, eq=False)
class GroundEstimate:
    """What was found.

    Attributes:
        ground: Planes of the cameras that are connected with the reference, by name.
        pairs: The pairs of views that they rest on.
        reference: The camera whose view gave the metric floor.
    """

    ground: dict[str, GroundPlane]
    pairs: Sequence[ViewPair]
    reference: str


def estimate_ground(result: TrackingResult, clocks: Mapping[str, float]) -> GroundEstimate:
    """Homographies between views, and from them to a metric floor.

    Args:
        result: Of a run in which people are linked over the cameras.
        clocks: Seconds to add to a camera's times, by name.

    Raises:
        InputError: No two views show enough of the same people, or box heights fit no floor.
    """
    pairs = fit_view_pairs(result.identities, dict(clocks))
    if not pairs:
        raise InputError("no two views show enough of the same people at once: nothing to calibrate from")
    seen = Counter(name for pair in pairs for name in (pair.source, pair.target))
    widths = {camera.name: camera.width for camera in result.cameras}
    for reference, _ in seen.most_common():
        tracklets = [t for _, t in result.tracklets() if t.camera_id == reference]
        floor = metric_floor(tracklets, widths[reference])
        if floor is not None:
            chain = chain_to(reference, pairs)
            planes = {name: GroundPlane(_scaled(floor @ matrix)) for name, matrix in sorted(chain.items())}
            return GroundEstimate(planes, pairs, reference)
    raise InputError("box heights do not fit a floor in any view: people must walk near and far from the camera")


def floor_offsets(
    result: TrackingResult, ground: Mapping[str, GroundPlane], clocks: Mapping[str, float]
) -> dict[str, float]:
    """Clock offsets by camera, in seconds: those found with the views, made more exact on the floor."""
    pairs = result.tracklets()
    paths = [ground_path(tracklet, ground.get(tracklet.camera_id)) for _, tracklet in pairs]
    cameras = [tracklet.camera_id for _, tracklet in pairs]
    return clock_offsets(paths, cameras, [identity_id for identity_id, _ in pairs], dict(clocks)) if pairs else {}


def _scaled(matrix: np.ndarray) -> np.ndarray:
    return matrix / np.linalg.norm(matrix)
