"""Light, colour and camera quality: never another size or type, and the same seed gives the same picture."""

from __future__ import annotations

import numpy as np

from tracker.detector_training.photometric import random_photometry


def picture() -> np.ndarray:
    ramp = np.linspace(0, 255, 64).astype(np.uint8)
    return np.stack([np.tile(ramp, (48, 1)), np.tile(ramp[::-1], (48, 1)), np.full((48, 64), 120, np.uint8)], axis=-1)


def test_size_and_type_stay_and_the_input_is_untouched() -> None:
    image = picture()
    for seed in range(60):  # every branch is taken several times
        look = random_photometry(image, np.random.default_rng(seed))
        assert look.shape == image.shape
        assert look.dtype == np.uint8
    np.testing.assert_array_equal(image, picture())


def test_the_seed_decides() -> None:
    same = [random_photometry(picture(), np.random.default_rng(5)) for _ in range(2)]
    np.testing.assert_array_equal(*same)
    assert (same[0] != random_photometry(picture(), np.random.default_rng(6))).any()


def test_looks_vary_but_the_scene_stays_visible() -> None:
    """Edges survive: light and dark halves keep their order in nearly every look."""
    image = np.zeros((48, 64, 3), np.uint8)
    image[:, :32], image[:, 32:] = 60, 190
    looks = [random_photometry(image, np.random.default_rng(seed)).astype(float) for seed in range(100)]
    contrasts = np.array([look[:, 36:].mean() - look[:, :28].mean() for look in looks])
    assert (contrasts > 30).mean() > 0.95
    assert contrasts.std() > 8
