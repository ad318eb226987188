"""The camera's own motion between frames, from the background; next to free while the camera stands still."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tracker.structures import Frame

WORK_WIDTH = 320
"""Images are shrunk to this width, in pixels: enough for the background, and quick."""

MAX_CORNERS = 200
MIN_INLIERS = 20
"""Corners followed, and how many must agree on one motion for it to count."""

PROBE_S = 0.5
"""While the camera stands still it is looked at this often, in seconds."""

MOVING_PX = 4.0
"""Median shift of the background between probes from which on the camera moves, in pixels of the shrunk image."""

CALM_S = 2.0
"""After this long without such a shift the camera stands still again, in seconds."""


class CameraMotion:
    """Estimates the transform from the last frame to this one, float64 (2, 3), or None while the camera stands still.

    Sparse optical flow of corners outside the people's boxes, and RANSAC for a turn, a zoom and a shift, as in BoT-SORT
    (Aharon et al., arXiv:2206.14651, section 3.2). Departure: a camera that stands still is found out by a probe every
    half second, and costs nothing in between.
    """

    def __init__(self) -> None:
        self._grey: NDArray[np.uint8] | None = None
        self._time_s = -np.inf
        self._moving_until_s = -np.inf

    def measure(self, frame: Frame, people: NDArray) -> NDArray[np.float64] | None:
        """Transform of pixels of the last frame to this one, None if the camera did not move; called once per frame.

        Args:
            frame: The new frame.
            people: (N, 4) boxes to look around rather than at, in pixels.
        """
        moving = frame.time_s <= self._moving_until_s
        if not moving and frame.time_s - self._time_s < PROBE_S:
            return None
        scale = min(1.0, WORK_WIDTH / frame.image.shape[1])
        grey = shrink(frame.image, scale)
        previous, self._grey, self._time_s = self._grey, grey, frame.time_s
        if previous is None or previous.shape != grey.shape:
            return None
        found = background_motion(previous, grey, people * scale)
        if found is None:
            return None
        transform, shift = found
        threshold = MOVING_PX * (0.25 if moving else 1.0)  # between neighbouring frames shifts are small
        if shift >= threshold:
            self._moving_until_s = frame.time_s + CALM_S
        if not moving:  # the probe spans many frames: compensate from the next frame on
            return None
        transform = transform.copy()
        transform[:, 2] /= scale
        return transform


def shrink(image: NDArray[np.uint8], scale: float) -> NDArray[np.uint8]:
    """A smaller grey image, uint8 (h, w)."""
    import cv2

    size = (max(int(image.shape[1] * scale), 8), max(int(image.shape[0] * scale), 8))
    return cv2.cvtColor(cv2.resize(image, size, interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY)  # type: ignore[return-value]


def background_motion(
    before: NDArray[np.uint8], after: NDArray[np.uint8], people: NDArray
) -> tuple[NDArray[np.float64], float] | None:
    """Turn, zoom and shift (2, 3) from one grey image to the next, and the median shift of its inliers in pixels.

    None where too few corners agree: a blank wall, a cut, darkness.
    """
    import cv2

    mask = np.full(before.shape, 255, np.uint8)
    for x1, y1, x2, y2 in np.clip(people, 0, max(before.shape)).astype(int):
        mask[y1:y2, x1:x2] = 0
    corners = cv2.goodFeaturesToTrack(before, MAX_CORNERS, 0.01, 5, mask=mask)
    if corners is None or len(corners) < MIN_INLIERS:
        return None
    moved, found, _ = cv2.calcOpticalFlowPyrLK(before, after, corners, None)  # type: ignore[call-overload]
    kept = found.ravel() == 1
    old, new = corners[kept, 0], moved[kept, 0]
    if len(old) < MIN_INLIERS:
        return None
    transform, inliers = cv2.estimateAffinePartial2D(old, new, method=cv2.RANSAC, ransacReprojThreshold=1.0)
    if transform is None or inliers.sum() < MIN_INLIERS:
        return None
    agreed = inliers.ravel() == 1
    shift = float(np.median(np.linalg.norm(new[agreed] - old[agreed], axis=1)))
    return transform, shift


def warp_boxes(boxes: NDArray, transform: NDArray[np.float64]) -> NDArray:
    """Boxes (..., 4) after the camera moved: centres follow the transform, sides its zoom."""
    centre = (boxes[..., :2] + boxes[..., 2:]) / 2
    half = (boxes[..., 2:] - boxes[..., :2]) / 2 * zoom(transform)
    centre = centre @ transform[:, :2].T + transform[:, 2]
    return np.concatenate([centre - half, centre + half], axis=-1).astype(boxes.dtype)


def zoom(transform: NDArray[np.float64]) -> float:
    """Factor on lengths."""
    return float(np.sqrt(abs(np.linalg.det(transform[:, :2]))))


def warp_filter(
    mean: NDArray[np.float64],
    covariance: NDArray[np.float64],
    transform: NDArray[np.float64],
    size_powers: tuple[int, int],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Means (N, 8) and whole covariances (N, 8, 8) after the camera moved.

    Args:
        mean, covariance: Of a `DenseFilter`.
        transform: (2, 3).
        size_powers: With which power of the zoom the third and the fourth quantity grow.
    """
    factor = zoom(transform)
    one = np.zeros((4, 4))
    one[:2, :2] = transform[:, :2]
    one[2, 2], one[3, 3] = factor ** size_powers[0], factor ** size_powers[1]
    both = np.zeros((8, 8))
    both[:4, :4] = both[4:, 4:] = one
    warped = mean @ both.T
    warped[:, :2] += transform[:, 2]
    return warped, both @ covariance @ both.T
