"""The four quantities that a filter follows for each box, and the noise that a paper gives them.

A shape turns boxes (x1, y1, x2, y2) into measurements (N, 4) and back, and knows the standard deviations of the
process, the measurement and the start. Papers count in frames; here time is in seconds, and REFERENCE_FPS is the frame
rate at which both agree.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

REFERENCE_FPS = 30.0
"""Frames per second of MOT17's faster cameras, for which the papers chose their constants."""

MIN_SIDE_PX = 1.0
"""A box is never predicted smaller than this, in pixels."""


class BoxShape(Protocol):
    """Boxes to measurements, measurements to boxes, and noise.

    Attributes:
        size_powers: With which power of a zoom the third and the fourth quantity grow.
    """

    @property
    def size_powers(self) -> tuple[int, int]:
        """See the class."""

    def measure(self, boxes: NDArray) -> NDArray[np.float64]:
        """(N, 4) boxes to (N, 4) measurements."""

    def boxes(self, positions: NDArray[np.float64]) -> NDArray[np.float32]:
        """(N, 4) measurements to float32 (N, 4) boxes."""

    def process(self, positions: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Variances (N, 4) that one reference frame adds to positions and to velocities."""

    def measurement(self, positions: NDArray[np.float64]) -> NDArray[np.float64]:
        """Variances (N, 4) of a detection."""

    def start(self, measured: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Variances (N, 4) of positions and velocities of new tracks."""


@dataclass(frozen=True)
class CentreSize:
    """(cx, cy, width, height), each with a velocity; noise grows with the side.

    Aharon et al., BoT-SORT, arXiv:2206.14651, section 3.1: standard deviations 1/20 of the side for positions and
    measurements, 1/160 per frame for velocities; a new track starts with 2 and 10 times these.
    """

    position_weight: float = 1 / 20
    velocity_weight: float = 1 / 160
    measurement_weight: float = 1 / 20
    size_powers: tuple[int, int] = (1, 1)

    def measure(self, boxes: NDArray) -> NDArray[np.float64]:
        """See `BoxShape`."""
        measured = np.empty((len(boxes), 4), np.float64)
        measured[:, :2] = (boxes[:, :2] + boxes[:, 2:]) * 0.5
        measured[:, 2:] = boxes[:, 2:] - boxes[:, :2]
        return measured

    def boxes(self, positions: NDArray[np.float64]) -> NDArray[np.float32]:
        """See `BoxShape`."""
        half = np.maximum(positions[:, 2:], MIN_SIDE_PX) * 0.5
        boxes = np.empty((len(positions), 4), np.float32)
        boxes[:, :2] = positions[:, :2] - half
        boxes[:, 2:] = positions[:, :2] + half
        return boxes

    def process(self, positions: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """See `BoxShape`."""
        squares = _squared_sides(positions)
        return squares * self.position_weight**2, squares * (self.velocity_weight * REFERENCE_FPS) ** 2

    def measurement(self, positions: NDArray[np.float64]) -> NDArray[np.float64]:
        """See `BoxShape`."""
        return _squared_sides(positions) * self.measurement_weight**2

    def start(self, measured: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """See `BoxShape`."""
        squares = _squared_sides(measured)
        velocity = squares * (10 * self.velocity_weight * REFERENCE_FPS) ** 2
        return squares * (2 * self.position_weight) ** 2, velocity


@dataclass(frozen=True)
class CentreAspect:
    """(cx, cy, aspect, height), each with a velocity; noise grows with the height.

    Wojke et al., DeepSORT, arXiv:1703.07402, and ByteTrack after it: 1/20 and 1/160 of the height; the aspect has its
    own constants (1e-2, 1e-5 per frame, measured to 1e-1).
    """

    size_powers: tuple[int, int] = (0, 1)

    def measure(self, boxes: NDArray) -> NDArray[np.float64]:
        """See `BoxShape`."""
        measured = CentreSize().measure(boxes)
        measured[:, 2] /= measured[:, 3]
        return measured

    def boxes(self, positions: NDArray[np.float64]) -> NDArray[np.float32]:
        """See `BoxShape`."""
        sizes = positions.copy()
        sizes[:, 2] *= positions[:, 3]
        return CentreSize().boxes(sizes)

    def process(self, positions: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """See `BoxShape`."""
        height = positions[:, 3]
        return _by_height(height, 1 / 20, 1e-2), _by_height(height, REFERENCE_FPS / 160, 1e-5 * REFERENCE_FPS)

    def measurement(self, positions: NDArray[np.float64]) -> NDArray[np.float64]:
        """See `BoxShape`."""
        return _by_height(positions[:, 3], 1 / 20, 1e-1)

    def start(self, measured: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """See `BoxShape`."""
        height = measured[:, 3]
        return _by_height(height, 2 / 20, 1e-2), _by_height(height, 10 * REFERENCE_FPS / 160, 1e-5 * REFERENCE_FPS)


@dataclass(frozen=True)
class CentreArea:
    """(cx, cy, area, aspect); the aspect has no velocity; noise in pixels.

    Bewley et al., SORT, arXiv:1602.00763, with the constants of its published code. The filter's aspect velocity has
    variance 0 from the start, which is the 7-state filter of the paper.
    """

    size_powers: tuple[int, int] = (2, 0)

    def measure(self, boxes: NDArray) -> NDArray[np.float64]:
        """See `BoxShape`."""
        sizes = CentreSize().measure(boxes)
        measured = sizes.copy()
        measured[:, 2] = sizes[:, 2] * sizes[:, 3]
        measured[:, 3] = sizes[:, 2] / sizes[:, 3]
        return measured

    def boxes(self, positions: NDArray[np.float64]) -> NDArray[np.float32]:
        """See `BoxShape`."""
        area = np.maximum(positions[:, 2], MIN_SIDE_PX**2)
        width = np.sqrt(area * np.maximum(positions[:, 3], 1e-3))
        return CentreSize().boxes(np.stack([positions[:, 0], positions[:, 1], width, area / width], axis=1))

    def process(self, positions: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """See `BoxShape`."""
        velocity = np.array([1e-2, 1e-2, 1e-4, 0]) * REFERENCE_FPS**2
        return np.ones_like(positions), np.broadcast_to(velocity, positions.shape)

    def measurement(self, positions: NDArray[np.float64]) -> NDArray[np.float64]:
        """See `BoxShape`."""
        return np.broadcast_to(np.array([1.0, 1.0, 10.0, 10.0]), positions.shape)

    def start(self, measured: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """See `BoxShape`."""
        velocity = np.array([1e4, 1e4, 1e4, 0]) * REFERENCE_FPS**2
        return np.full_like(measured, 10.0), np.broadcast_to(velocity, measured.shape)


def _squared_sides(sizes: NDArray[np.float64]) -> NDArray[np.float64]:
    """(w², h², w², h²), (N, 4)."""
    squares = np.empty_like(sizes)
    np.square(sizes[:, 2:], out=squares[:, 2:])
    squares[:, :2] = squares[:, 2:]
    return squares


def _by_height(height: NDArray[np.float64], weight: float, aspect: float) -> NDArray[np.float64]:
    """Variances (N, 4): `weight` of the height, and the constant `aspect` for the third quantity."""
    variances = np.repeat(np.square(height * weight)[:, None], 4, axis=1)
    variances[:, 2] = aspect**2
    return variances


SHAPES: dict[str, BoxShape] = {"xywh": CentreSize(), "xyah": CentreAspect(), "xysr": CentreArea()}
