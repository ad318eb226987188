"""Homographies between overlapping views, from people that both views show, when nothing is known of the cameras.

The feet of shared people are corresponding points. RANSAC finds the homography that most of them agree on, so wrong
links do little harm. The floor gets metres from the heights of people's boxes in one view: their height and foot line
give the horizon and the camera's height above the floor (people are 1.7 m tall on average, cameras look level enough).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tracker.cross_camera.ground import check_homography
from tracker.structures import Identity, Tracklet

PERSON_M = 1.7
"""Mean height of people."""

FOCAL_PER_WIDTH = 1.0
"""Focal length in image widths where it is unknown: 53 degrees, usual for surveillance. It scales the depth only."""

STEP_S = 0.4
MIN_POINTS = 12
INLIER_HEIGHTS = 0.25
"""Feet agree when they lie within this share of the person's height."""

MIN_INLIERS = 0.4


@dataclass(frozen=True, eq=False)
class ViewPair:
    """A homography between two views.

    Attributes:
        source: Camera whose pixels are mapped.
        target: Camera in whose pixels the result is.
        homography: float64 (3, 3).
        points: Corresponding feet that were used.
        inliers: Share of them that agree, in [0, 1].
        error_heights: Median distance of those, in heights of the person in the target view.
    """

    source: str
    target: str
    homography: NDArray[np.float64]
    points: int
    inliers: float
    error_heights: float


def fit_view_pairs(identities: Sequence[Identity]) -> list[ViewPair]:
    """Homographies of all camera pairs with enough shared people, in order of names."""
    feet: dict[tuple[str, str], list[NDArray]] = {}
    for identity in identities:
        for a in identity.tracklets:
            for b in identity.tracklets:
                if a.camera_id > b.camera_id:
                    common = _common_feet(a, b)
                    if len(common):
                        feet.setdefault((a.camera_id, b.camera_id), []).append(common)
    fitted = (_fit(pair, np.concatenate(points)) for pair, points in sorted(feet.items()))
    return [pair for pair in fitted if pair is not None]


def _common_feet(a: Tracklet, b: Tracklet) -> NDArray[np.float64]:
    """Feet in both views at common moments, and the height in b: float64 (M, 5), in pixels."""
    times = np.arange(max(a.start_s, b.start_s), min(a.end_s, b.end_s), STEP_S)
    if not len(times):
        return np.zeros((0, 5))

    def at(t: Tracklet) -> NDArray[np.float64]:
        return np.column_stack([np.interp(times, t.times_s, t.boxes[:, k].astype(np.float64)) for k in range(4)])

    one, other = at(a), at(b)
    height = other[:, 3] - other[:, 1]
    return np.column_stack([one[:, [0, 2]].mean(1), one[:, 3], other[:, [0, 2]].mean(1), other[:, 3], height])


def _fit(cameras: tuple[str, str], points: NDArray[np.float64]) -> ViewPair | None:
    if len(points) < MIN_POINTS:
        return None
    threshold = INLIER_HEIGHTS * float(np.median(points[:, 4]))
    cv2.setRNGSeed(0)
    matrix, _ = cv2.findHomography(points[:, :2], points[:, 2:4], cv2.RANSAC, threshold)
    if matrix is None:
        return None
    try:
        check_homography(matrix)
    except ValueError:
        return None
    mapped = cv2.perspectiveTransform(points[:, None, :2], matrix)[:, 0]
    errors = np.linalg.norm(mapped - points[:, 2:4], axis=1) / points[:, 4]
    agree = errors < INLIER_HEIGHTS
    if agree.mean() < MIN_INLIERS:
        return None
    return ViewPair(
        *cameras, np.asarray(matrix, np.float64), len(points), float(agree.mean()), float(np.median(errors[agree]))
    )


def metric_floor(tracklets: Sequence[Tracklet], width: int) -> NDArray[np.float64] | None:
    """Homography from pixels of one view to metres on the floor, from box heights; None when they do not fit a floor.

    The origin is below the camera, the first axis points right, the second away from it.

    Args:
        tracklets: Of one camera.
        width: Of its frames, in pixels.
    """
    boxes = np.concatenate([t.boxes[t.scores > 0] for t in tracklets]).astype(np.float64)
    feet, heights = boxes[:, 3], boxes[:, 3] - boxes[:, 1]
    keep = np.ones(len(boxes), bool)
    slope, offset = 0.0, 0.0
    for _ in range(5):  # least squares, leaving out cut and doubled boxes
        if keep.sum() < MIN_POINTS or np.ptp(feet[keep]) < 10:
            return None
        slope, offset = np.polyfit(feet[keep], heights[keep], 1)
        expected = slope * feet + offset
        keep = np.abs(heights - expected) < 0.2 * np.maximum(expected, 1)
    if slope <= 1e-3:
        return None
    horizon, camera_height = -offset / slope, PERSON_M / slope
    depth = FOCAL_PER_WIDTH * width * camera_height
    return np.array([[camera_height, 0, -camera_height * width / 2], [0, 0, depth], [0, 1, -horizon]])


def chain_to(reference: str, pairs: Sequence[ViewPair]) -> Mapping[str, NDArray[np.float64]]:
    """Homography from each connected camera's pixels to those of `reference`, best pairs first."""
    found: dict[str, NDArray[np.float64]] = {reference: np.eye(3)}
    edges = sorted(pairs, key=lambda p: (-p.inliers * np.sqrt(p.points), p.source, p.target))
    grown = True
    while grown:
        grown = False
        for pair in edges:
            if pair.target in found and pair.source not in found:
                found[pair.source] = found[pair.target] @ pair.homography
                grown = True
                break
            if pair.source in found and pair.target not in found:
                found[pair.target] = found[pair.source] @ np.linalg.inv(pair.homography)
                grown = True
                break
    return found
