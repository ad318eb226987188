"""Homographies between overlapping views, from people that both views show, when nothing is known of the cameras.

The feet of shared people are corresponding points. RANSAC finds the homography that most of them agree on, so wrong
links do little harm. They agree only if the clocks do: where these are unknown too, all offsets are tried, and the feet
themselves tell the right one. The floor gets metres from the heights of people's boxes in one view: their height and
foot line give the horizon and the camera's height above the floor (people are 1.7 m tall on average, cameras look level
enough).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tracker.cross_camera.floor.clock import agreeing_offsets
from tracker.cross_camera.floor.clock_fit import GRID_S, MAX_OFFSET_S, MIN_FIT_GAIN
from tracker.cross_camera.floor.ground import check_homography
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


def fit_view_pairs(identities: Sequence[Identity], offsets_s: Mapping[str, float]) -> list[ViewPair]:
    """Homographies of all camera pairs with enough shared people, in order of names.

    Args:
        identities: Linked over cameras.
        offsets_s: Seconds to add to cameras' times, from `view_clocks`.
    """
    fitted = (
        _fit(pair, _common_feet(shared, offsets_s.get(pair[0], 0.0) - offsets_s.get(pair[1], 0.0)))
        for pair, shared in _shared(identities).items()
    )
    return [pair for pair in fitted if pair is not None]


def view_clocks(identities: Sequence[Identity]) -> dict[str, float]:
    """Seconds to add to each camera's times so that one homography fits the feet of most shared people, by name.

    Offsets are relative to most of the cameras; cameras that share too few people are left out.
    """
    between = {}
    for pair, shared in _shared(identities).items():
        shifts = np.arange(-round(MAX_OFFSET_S / GRID_S), round(MAX_OFFSET_S / GRID_S) + 1) * GRID_S
        points = [_common_feet(shared, shift) for shift in shifts.tolist()]
        enough = max(map(len, points)) / 2
        fits = np.array([_agreement(_fit(pair, p)) if len(p) >= enough else 0.0 for p in points])
        best = int(np.lexsort((-np.abs(shifts), fits))[-1])
        if fits[best] > 0 and 0 < best < len(shifts) - 1:
            present = len(shifts) // 2
            best = present if fits[best] < (1 + MIN_FIT_GAIN) * fits[present] else best
            between[pair] = -float(shifts[best]), float(fits[best] - np.median(fits))
    return agreeing_offsets(sorted({name for pair in between for name in pair}), between)


def _agreement(pair: ViewPair | None) -> float:
    """How well feet agree on a homography, in [0, 1]: the share of those that do, less the more they are apart."""
    return 0.0 if pair is None else pair.inliers / (1 + (pair.error_heights / INLIER_HEIGHTS) ** 2)


def _shared(identities: Sequence[Identity]) -> dict[tuple[str, str], list[tuple[Tracklet, Tracklet]]]:
    """Tracklets of one person in two cameras, by the cameras, in order of names."""
    shared: dict[tuple[str, str], list[tuple[Tracklet, Tracklet]]] = {}
    for identity in identities:
        for a in identity.tracklets:
            for b in identity.tracklets:
                if a.camera_id > b.camera_id:
                    shared.setdefault((a.camera_id, b.camera_id), []).append((a, b))
    return dict(sorted(shared.items()))


def _common_feet(shared: Sequence[tuple[Tracklet, Tracklet]], shift_s: float) -> NDArray[np.float64]:
    """Feet in both views at common moments, the first ones `shift_s` later, and the height in the second: (M, 5)."""
    return np.concatenate([np.zeros((0, 5)), *(_feet_of_both(a, b, shift_s) for a, b in shared)])


def _feet_of_both(a: Tracklet, b: Tracklet, shift_s: float) -> NDArray[np.float64]:
    """Feet in both views at common moments, and the height in b: float64 (M, 5), in pixels."""
    times = np.arange(max(a.start_s + shift_s, b.start_s), min(a.end_s + shift_s, b.end_s), STEP_S)
    if not len(times):
        return np.zeros((0, 5))

    def at(t: Tracklet, moments: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack([np.interp(moments, t.times_s, t.boxes[:, k].astype(np.float64)) for k in range(4)])

    one, other = at(a, times - shift_s), at(b, times)
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
