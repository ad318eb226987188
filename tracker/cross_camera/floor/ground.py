"""The floor as a common plane: from pixels of a calibrated camera to metres."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MAX_CONDITION = 1e12
"""Condition number, after scaling, above which a homography is taken for singular."""

BORDER_PX = 2.0
"""A box that ends this close to the lower border of the frame is cut: its feet are not in view."""


@dataclass(frozen=True, eq=False)
class GroundPlane:
    """One camera's view of the floor.

    Attributes:
        homography: float64 (3, 3), from undistorted pixels to metres on the floor.
        height: Of the frame, in pixels, or None when unknown.
        intrinsics: float64 (3, 3), only needed with `distortion`.
        distortion: OpenCV's coefficients, or None.
    """

    homography: NDArray[np.float64]
    height: float | None = None
    intrinsics: NDArray[np.float64] | None = None
    distortion: NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        check_homography(self.homography)

    def to_ground(self, pixels: NDArray) -> NDArray[np.float64]:
        """Places on the floor in metres, float64 (N, 2), of pixels (N, 2); NaN at or above the horizon."""
        points = np.asarray(pixels, np.float64).reshape(-1, 2)
        if self.distortion is not None and self.intrinsics is not None and len(points):
            import cv2

            straight = cv2.undistortPoints(points[:, None], self.intrinsics, self.distortion, P=self.intrinsics)
            points = np.asarray(straight, np.float64).reshape(-1, 2)
        # The sign of the depth is that of a point surely on the floor: the lowest row of the frame.
        whole = np.column_stack([points, np.ones(len(points))]) @ self.homography.T
        below = self.homography[2] @ [points[:, 0].mean() if len(points) else 0.0, self.height or 1e5, 1.0]
        with np.errstate(divide="ignore", invalid="ignore"):
            places = whole[:, :2] / whole[:, 2:]
        places[whole[:, 2] * np.sign(below) <= 0] = np.nan
        return places

    def feet(self, boxes: NDArray) -> NDArray[np.float64]:
        """Where people stand, float64 (N, 2) in metres, NaN where the feet are out of view; boxes (N, 4) in pixels."""
        boxes = np.asarray(boxes, np.float64)
        pixels = np.column_stack([(boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 3]])
        places = self.to_ground(pixels)
        if self.height is not None:
            places[boxes[:, 3] >= self.height - BORDER_PX] = np.nan
        return places


def check_homography(matrix: NDArray) -> None:
    """Raise ValueError unless `matrix` is a finite, invertible 3x3 matrix."""
    if matrix.shape != (3, 3) or not np.isfinite(matrix).all():
        raise ValueError(f"a homography must be 3x3 and finite, got shape {matrix.shape}")
    rows = np.linalg.norm(matrix, axis=1, keepdims=True)
    scaled = matrix / np.maximum(rows, 1e-300)
    scaled = scaled / np.maximum(np.linalg.norm(scaled, axis=0, keepdims=True), 1e-300)
    if (rows == 0).any() or np.linalg.cond(scaled) > MAX_CONDITION:
        raise ValueError("the homography is singular: its points lie on one line, or two views see the floor edge-on")


def homography_from_points(image: NDArray, ground: NDArray) -> NDArray[np.float64]:
    """Least-squares homography through point pairs, by the normalized direct linear transform.

    Hartley and Zisserman, Multiple View Geometry, algorithm 4.2.

    Args:
        image: (P, 2) with P at least 4, in pixels.
        ground: (P, 2), in metres.

    Raises:
        ValueError: Too few points, or three of four on one line.
    """
    if len(image) < 4 or len(image) != len(ground):
        raise ValueError(f"a homography needs at least four point pairs, got {len(image)} and {len(ground)}")
    source, from_image = _normalized(np.asarray(image, np.float64))
    target, from_ground = _normalized(np.asarray(ground, np.float64))
    rows = []
    for (x, y), (u, v) in zip(source, target, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y, -u])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y, -v])
    _, values, vectors = np.linalg.svd(np.array(rows))
    if values[7] < 1e-9 * values[0]:
        raise ValueError("the points do not fix a homography: at least four are needed, no three on one line")
    matrix = np.linalg.inv(from_ground) @ vectors[8].reshape(3, 3) @ from_image
    check_homography(matrix)
    return matrix / np.linalg.norm(matrix)


def _normalized(points: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Points moved and scaled to mean 0 and mean distance sqrt(2), and the 3x3 matrix that does it."""
    centre = points.mean(axis=0)
    distance = np.linalg.norm(points - centre, axis=1).mean()
    if distance == 0:
        raise ValueError("the points do not fix a homography: they are all the same")
    scale = np.sqrt(2) / distance
    matrix = np.array([[scale, 0, -scale * centre[0]], [0, scale, -scale * centre[1]], [0, 0, 1]])
    return (points - centre) * scale, matrix


def homography_from_pose(intrinsics: NDArray, rotation: NDArray, translation: NDArray) -> NDArray[np.float64]:
    """Pixels to the floor Z = 0 of a camera with x = K (R X + t); float64 (3, 3)."""
    to_image = intrinsics @ np.column_stack([rotation[:, 0], rotation[:, 1], translation])
    check_homography(to_image)
    matrix = np.linalg.inv(to_image)
    return matrix / np.linalg.norm(matrix)
