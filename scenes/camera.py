"""A camera without distortion: where points of the world are in its image. Metres and pixels, z up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

MIN_DEPTH = 0.05
"""Points nearer than this to the camera's plane, or behind it, are taken to be at this depth, in metres."""


@dataclass(frozen=True)
class Camera:
    """A pinhole camera that looks at a point, its top upwards.

    Attributes:
        name: Of the camera and its files.
        position: (x, y, z) in metres.
        target: Point in the middle of the image.
        focal_px: Focal length in pixels.
        width: Of the image, in pixels.
        height: Of the image, in pixels.
    """

    name: str
    position: tuple[float, float, float]
    target: tuple[float, float, float]
    focal_px: float
    width: int
    height: int

    @property
    def vertical_view_deg(self) -> float:
        """Vertical field of view in degrees."""
        return float(np.rad2deg(2 * np.arctan(self.height / 2 / self.focal_px)))

    @property
    def rotation(self) -> NDArray[np.float64]:
        """(3, 3) from world axes to the camera's: x right, y down, z forward (OpenCV's convention)."""
        forward = np.subtract(self.target, self.position)
        forward = forward / np.linalg.norm(forward)
        right = np.cross(forward, [0.0, 0.0, 1.0])
        right /= np.linalg.norm(right)
        return np.stack([right, np.cross(forward, right), forward])

    @property
    def translation(self) -> NDArray[np.float64]:
        """(3,): a world point X is at rotation @ X + translation in camera axes."""
        return -self.rotation @ np.array(self.position)

    @property
    def matrix(self) -> NDArray[np.float64]:
        """Intrinsic matrix (3, 3)."""
        return np.array([[self.focal_px, 0, self.width / 2], [0, self.focal_px, self.height / 2], [0, 0, 1.0]])

    def project(self, points: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """World points (N, 3) to pixels (N, 2) and depths (N,) along the viewing direction in metres.

        Depths may be negative (behind the camera); such points are projected as if they were just before it.
        """
        seen = np.asarray(points, np.float64) @ self.rotation.T + self.translation
        depth = np.maximum(seen[:, 2:], MIN_DEPTH)
        return self.focal_px * seen[:, :2] / depth + [self.width / 2, self.height / 2], seen[:, 2]

    def floor_homography(self) -> NDArray[np.float64]:
        """(3, 3) from homogeneous pixels to (x, y) on the floor in metres."""
        to_image = self.matrix @ np.column_stack([self.rotation[:, 0], self.rotation[:, 1], self.translation])
        inverse = np.linalg.inv(to_image)
        return inverse / inverse[2, 2]


def calibration(cameras: Sequence[Camera]) -> dict[str, Any]:
    """All cameras as a YAML file describes them: intrinsic matrix, rotation and translation from world to camera."""
    return {
        "cameras": {
            camera.name: {
                "size": [camera.width, camera.height],
                "intrinsics": camera.matrix.round(4).tolist(),
                "rotation": camera.rotation.round(8).tolist(),
                "translation": camera.translation.round(6).tolist(),
            }
            for camera in cameras
        }
    }
