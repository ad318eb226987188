"""How tall people are, compared with each other: a cue that a calibrated camera gives without any picture.

The horizon of the floor is known from its homography, and a person's height in pixels over the distance of the feet
from the horizon is their height over that of the camera (Criminisi, Reid and Zisserman, Single View Metrology, IJCV
2000, for upright people and a level camera). What detectors, tilt and lenses add changes slowly over the frame and is
fitted, robustly, as a plane. Departure: statures are relative to the people of the run, so that the height of the
camera need not be known.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tracker.cross_camera.floor.ground import BORDER_PX, GroundPlane
from tracker.structures import IntArray, Tracklet

MIN_BOXES = 8
"""Detected boxes that a tracklet's stature needs."""

MAX_BOXES = 60
"""Boxes of a tracklet that are used, evenly spread."""

BOX_ERROR = 0.06
"""Usual relative error of a box's height: detectors, strides, bags. More is taken for a cut or doubled box."""

PEOPLE = 0.045
"""Standard deviation of the logarithm of adults' heights: about 7 cm of 170, and men and women together."""

TRACK_ERROR = 0.01
"""Standard deviation of a stature over the tracklets of one person: 0.005 to 0.015 over the people of PETS 2009."""

ROUNDS = 10
TILT = 0.3
"""Usual change of the fitted plane over a frame, standard deviation, against tracklets that are all in one corner."""


def statures(tracklets: Sequence[Tracklet], planes: Sequence[GroundPlane | None]) -> NDArray[np.float64]:
    """Logarithm of each tracklet's height over the usual height of people, float64 (N,); NaN where it is unknown.

    Args:
        tracklets: N tracklets.
        planes: The floor of each tracklet's camera, or None.
    """
    found = np.full(len(tracklets), np.nan)
    cameras: dict[str, list[int]] = {}
    for index, (tracklet, plane) in enumerate(zip(tracklets, planes, strict=True)):
        if plane is not None:
            cameras.setdefault(tracklet.camera_id, []).append(index)
    for indices in cameras.values():
        plane = planes[indices[0]]
        assert plane is not None
        rows = [_rows(tracklets[index], plane) for index in indices]
        owner = np.repeat(indices, [len(part) for part in rows])
        table = np.concatenate(rows)  # (R, 4)
        if len(table):
            left = _without_plane(table[:, :3], table[:, 3])
            for index in np.unique(owner).tolist():
                mine = left[owner == index]
                if len(mine) >= MIN_BOXES:
                    found[index] = np.median(mine)
    return found


def _rows(tracklet: Tracklet, plane: GroundPlane) -> NDArray[np.float64]:
    """[1, x, y, log of height over depth] of whole boxes, float64 (B, 4); x and y in heights of the frame."""
    boxes = tracklet.boxes[tracklet.scores > 0].astype(np.float64)
    boxes = boxes[:: max(1, len(boxes) // MAX_BOXES)]
    size = plane.height or max(float(boxes[:, 3].max(initial=1.0)), 1.0)
    whole = (boxes[:, 1] > BORDER_PX) & ((boxes[:, 3] < size - BORDER_PX) | (plane.height is None))
    boxes = boxes[whole & (boxes[:, 3] > boxes[:, 1])]
    feet = np.column_stack([(boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 3], np.ones(len(boxes))])
    depth = feet @ plane.homography[2]
    depth = depth * np.sign(np.median(depth)) if len(depth) else depth
    good = depth > 0
    height = np.log((boxes[good, 3] - boxes[good, 1]) / depth[good])
    return np.column_stack([np.ones(good.sum()), feet[good, :2] / size, height])


def _without_plane(terms: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Values less a robustly fitted plane, float64 (R,)."""
    centred = terms - [0.0, *terms[:, 1:].mean(axis=0)]
    held = np.diag([0.0, TILT**-2, TILT**-2]) * BOX_ERROR**2
    plane = np.array([np.median(values), 0.0, 0.0])
    for _ in range(ROUNDS):
        weight = 1 / (1 + ((values - centred @ plane) / BOX_ERROR) ** 2)
        plane = np.linalg.solve(centred.T @ (weight[:, None] * centred) + held, centred.T @ (weight * values))
    return values - centred @ plane


def group_statures(values: NDArray[np.float64], weights: NDArray, groups: IntArray, cameras: IntArray) -> NDArray:
    """Stature of groups of tracklets, each of one person, with a constant of each camera taken off.

    Args:
        values: From `statures`, (N,).
        weights: Boxes of each tracklet, (N,).
        groups: Group of each tracklet, from 0, (N,).
        cameras: Camera number of each, from 0, (N,).

    Returns:
        float64 (G,), shrunk towards 0 for short stays; NaN where unknown.
    """
    known = np.isfinite(values)
    count = int(groups.max(initial=-1)) + 1
    values, groups, cameras = values[known], groups[known], cameras[known]
    weights = np.minimum(weights[known], MAX_BOXES).astype(np.float64)
    constants = np.zeros(int(cameras.max(initial=-1)) + 1)
    total = np.bincount(groups, weights, count)
    prior = MIN_BOXES * (TRACK_ERROR / PEOPLE) ** 2
    result = np.zeros(count)
    for _ in range(ROUNDS):
        result = np.bincount(groups, weights * (values - constants[cameras]), count) / (total + prior)
        left = np.bincount(cameras, weights * (values - result[groups]), len(constants))
        constants = left / np.maximum(np.bincount(cameras, weights, len(constants)), 1e-9)
    result[total == 0] = np.nan
    return result


def stature_log_odds(first: NDArray, second: NDArray) -> NDArray[np.float64]:
    """Log-odds of one person from two statures, float64 of their common shape; 0 where one is unknown.

    Equal statures say more the rarer they are: two Gaussians, of people and of errors, for the sum and the difference.
    """
    people, error = PEOPLE**2, TRACK_ERROR**2
    total, difference = (first + second) ** 2 / 2, (first - second) ** 2 / 2
    odds = np.log((people + error) / np.sqrt((2 * people + error) * error))
    same = total / (2 * people + error) + difference / error
    odds = odds - 0.5 * (same - (total + difference) / (people + error))
    return np.where(np.isfinite(odds), odds, 0.0)
