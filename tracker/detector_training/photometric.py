"""Random light, colour and camera quality."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


def random_photometry(image: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Change brightness, contrast, gamma and colour; sometimes grey, blur, noise or JPEG artefacts. uint8 (H, W, 3)."""
    image = cv2.LUT(image, _tone_curves(rng)).astype(np.uint8)
    if rng.random() < 0.5:
        image = _shift_colour(image, rng)
    if rng.random() < 0.12:
        image = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR).astype(np.uint8)
    if rng.random() < 0.1:
        image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 1.4)).astype(np.uint8)
    if rng.random() < 0.1:
        noise = rng.normal(0, rng.uniform(3, 12), (*image.shape[:2], 1)).astype(np.float32)
        image = np.clip(image + noise, 0, 255).astype(np.uint8)
    if rng.random() < 0.15:
        image = _compressed(image, int(rng.integers(20, 70)))
    return image


def _compressed(image: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    """The image after JPEG."""
    encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), np.uint8)


def _tone_curves(rng: np.random.Generator) -> NDArray[np.uint8]:
    """One look-up table per channel, uint8 (1, 256, 3): gamma, contrast, brightness, a little different by channel."""
    levels = np.linspace(0, 1, 256)[:, None]
    gamma = np.exp(rng.uniform(-0.35, 0.35))
    gains = rng.uniform(0.75, 1.25) * rng.uniform(0.93, 1.07, 3)
    curves = (levels**gamma - 0.5) * gains + 0.5 + rng.uniform(-0.12, 0.12)
    return np.clip(curves * 255, 0, 255).astype(np.uint8)[None]


def _shift_colour(image: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Turn the hue and change the saturation."""
    hue = (np.arange(256) + rng.integers(-10, 11)) % 180
    saturation = np.clip(np.arange(256) * rng.uniform(0.4, 1.5), 0, 255)
    table = np.stack([hue, saturation, np.arange(256)], axis=-1).astype(np.uint8)[None]
    return cv2.cvtColor(cv2.LUT(cv2.cvtColor(image, cv2.COLOR_BGR2HSV), table), cv2.COLOR_HSV2BGR).astype(np.uint8)
