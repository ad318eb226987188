"""What a camera makes of the light: colour cast, exposure, vignetting, blur, noise."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Sensor:
    """One camera's faults.

    Attributes:
        gains: Factors of blue, green, red.
        gamma: Above 1 darkens the middle tones.
        blur_px: Standard deviation of the blur.
        noise: Standard deviation of the noise, of 255.
        vignetting: Share of light lost in the corners.
    """

    gains: tuple[float, float, float] = (1.0, 1.0, 1.0)
    gamma: float = 1.0
    blur_px: float = 0.45
    noise: float = 2.5
    vignetting: float = 0.12

    def expose(self, rng: np.random.Generator, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The picture as this camera delivers it, uint8 (H, W, 3), blue, green, red."""
        height, width = image.shape[:2]
        y, x = np.linspace(-1, 1, height)[:, None], np.linspace(-1, 1, width)[None, :]
        corner = (1 - self.vignetting * (x**2 + y**2) / 2).astype(np.float32)
        light = (image / np.float32(255)) ** np.float32(self.gamma) * np.array(self.gains, np.float32)
        soft = cv2.GaussianBlur(light * corner[..., None], (0, 0), max(self.blur_px, 0.05)) * 255
        brightness_noise = rng.normal(0, self.noise, (height, width, 1)).astype(np.float32)
        colour_noise = rng.normal(0, 0.4 * self.noise, image.shape).astype(np.float32)
        return np.clip(soft + brightness_noise + colour_noise + 0.5, 0, 255).astype(np.uint8)


def random_sensor(rng: np.random.Generator, quality: float = 1.0) -> Sensor:
    """A camera's own look; a lower `quality` makes larger faults."""
    spread = 0.05 / quality
    gains = np.clip(rng.normal(1.0, spread, 3), 0.7, 1.3) * rng.uniform(0.92, 1.06)
    return Sensor(
        gains=(float(gains[0]), float(gains[1]), float(gains[2])),
        gamma=float(np.exp(rng.normal(0, spread))),
        blur_px=float(rng.uniform(0.3, 0.6) / quality),
        noise=float(rng.uniform(1.5, 3.0) / quality),
        vignetting=float(rng.uniform(0.05, 0.2)),
    )
