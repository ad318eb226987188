"""One place per person and moment, from all calibrated cameras that see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracker.cross_camera.floor.cameras import CameraSetup
from tracker.cross_camera.floor.clock import aligned_paths, with_clocks
from tracker.cross_camera.floor.ground_paths import GroundPath, PathTable, ground_path
from tracker.structures import Identity

STEP_S = 0.2
"""Distance in time of the fused places."""

MAX_APART_M = 0.5
"""Of three cameras or more, one that is farther from the median does not count: jitter and calibration err by less."""

SMOOTH_S = 0.6
"""Places are averaged over this time, against the jitter of boxes."""


@dataclass(frozen=True)
class FusedPlace:
    """Where one person stood at one moment.

    Attributes:
        identity_id: The person.
        time_s: Seconds on the shared clock.
        x_m: First coordinate on the floor, in metres.
        y_m: Second coordinate.
        cameras: The cameras that saw it and agree, in order of name.
        spread_m: Largest distance of one camera's place from the fused one; 0 with one camera.
    """

    identity_id: int
    time_s: float
    x_m: float
    y_m: float
    cameras: tuple[str, ...]
    spread_m: float


def fuse_places(identities: Sequence[Identity], setup: CameraSetup) -> list[FusedPlace]:
    """Places of all identities in steps of STEP_S, by identity and time; the median over the cameras at each moment.

    The cameras' clocks and floors are drawn together first, as for linking (see `clock` and `registration`).
    """
    tracklets = [(identity, tracklet) for identity in identities for tracklet in identity.tracklets]
    setup = with_clocks(setup, [tracklet for _, tracklet in tracklets])
    paths = [ground_path(tracklet, setup.ground.get(tracklet.camera_id)) for _, tracklet in tracklets]
    cameras = [tracklet.camera_id for _, tracklet in tracklets]
    people = [identity.identity_id for identity, _ in tracklets]
    paths = aligned_paths(paths, cameras, setup.clock_errors_s, people)
    seen: dict[int, list[tuple[str, GroundPath]]] = {identity.identity_id: [] for identity in identities}
    for (identity, tracklet), path in zip(tracklets, paths, strict=True):
        if path is not None:
            seen[identity.identity_id].append((tracklet.camera_id, path))
    return [place for identity_id, views in seen.items() for place in _fuse(identity_id, views)]


def _fuse(identity_id: int, views: Sequence[tuple[str, GroundPath]]) -> list[FusedPlace]:
    """Places of one person from the paths of several cameras."""
    seen: dict[int, dict[str, NDArray[np.float64]]] = {}
    table = PathTable([path for _, path in views])
    for row, (camera, path) in enumerate(views):
        steps = np.arange(int(np.ceil(path.times_s[0] / STEP_S)), int(path.times_s[-1] / STEP_S) + 1)
        moments = steps * STEP_S
        window = moments[:, None] + np.linspace(-SMOOTH_S / 2, SMOOTH_S / 2, 5)  # (M, 5)
        places = table.at(row, window.ravel()).reshape(len(moments), -1, 2).mean(axis=1)
        for step, place in zip(steps.tolist(), places, strict=True):
            if np.isfinite(place).all():
                seen.setdefault(step, {})[camera] = place
    fused = []
    for step in sorted(seen):
        place, cameras, spread = _agreed(seen[step])
        fused.append(FusedPlace(identity_id, step * STEP_S, float(place[0]), float(place[1]), cameras, spread))
    return fused


def _agreed(seen: Mapping[str, NDArray[np.float64]]) -> tuple[NDArray[np.float64], tuple[str, ...], float]:
    """The place that the cameras agree on, float64 (2,), which cameras those are, and how far they are from it.

    Of three cameras and more, one that stands apart from the median does not count: it sees no feet but the edge of a
    table, or another person.
    """
    names = sorted(seen)
    places = np.stack([seen[name] for name in names])
    apart = np.linalg.norm(places - np.median(places, axis=0), axis=1)
    agree = apart <= max(MAX_APART_M, float(np.median(apart))) if len(names) > 2 else np.ones(len(names), bool)
    place = np.median(places[agree], axis=0)
    spread = float(np.linalg.norm(places[agree] - place, axis=1).max())
    return place, tuple(name for name, counts in zip(names, agree.tolist(), strict=True) if counts), spread
