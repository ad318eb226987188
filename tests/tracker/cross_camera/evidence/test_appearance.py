"""Appearance vectors of tracklets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from crosscam.base.vectors import unit_rows
from tracker.cross_camera.evidence.appearance import TrackletHalves
from tracker.single_camera.tracklets.collector import weighted_mean
from tracker.structures import Tracklet


def test_halves_are_cut_by_time_and_compared_under_any_means(walk: Callable[..., Tracklet]) -> None:
    rng = np.random.default_rng(0)
    tracklets = []
    for track, number in enumerate([3, 4, 7]):  # three samples are too few to cut
        samples = unit_rows(rng.normal(size=(number, 8)) + 1)
        frames, qualities = rng.permutation(number), rng.uniform(0.5, 2, number).astype(np.float32)
        tracklet = walk("a", track + 1, 0, 5)
        tracklets.append(replace(tracklet, samples=samples, qualities=qualities, sample_frames=frames))
    cameras = np.array([0, 1, 0])
    halves = TrackletHalves(tracklets, cameras, 8)
    for means in (np.zeros((2, 8), np.float32), rng.normal(size=(2, 8)).astype(np.float32)):
        expected = []
        for tracklet, camera in list(zip(tracklets, cameras.tolist(), strict=True))[1:]:
            early = tracklet.sample_frames < len(tracklet.samples) // 2
            parts = [weighted_mean(tracklet.samples[part], tracklet.qualities[part]) for part in (early, ~early)]
            first, second = unit_rows(np.stack(parts) - means[camera])
            expected.append(first @ second)
        assert halves.similarities(means) == pytest.approx(expected, abs=1e-6)


def test_no_tracklets_have_no_halves() -> None:
    assert TrackletHalves([], np.zeros(0, np.int64), 0).similarities(np.zeros((0, 0), np.float32)).shape == (0,)
