"""Tracklets of people with known identities, as functions that the tests of this folder get as fixtures."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from tracker.structures import Identity, Tracklet


def make_walk(
    camera: str, track: int, start_s: float, end_s: float, embedding: np.ndarray | None = None, x: float | None = None
) -> Tracklet:
    """A person who stands at `x` pixels, by default each track elsewhere, ten frames a second."""
    x = 10.0 + 40.0 * track if x is None else x
    times = np.arange(start_s, end_s + 1e-9, 0.1)
    frames = np.round(times * 10).astype(np.int64)
    boxes = np.tile(np.array([x, 10, x + 20, 70], np.float32), (len(times), 1))
    return Tracklet(camera, track, frames, times, boxes, np.ones(len(times), np.float32), embedding)


def noisy(rng: np.random.Generator, vector: np.ndarray, noise: float) -> np.ndarray:
    """The vector with noise of length `noise`, of unit length again."""
    sample = vector + rng.normal(size=len(vector)) * noise / np.sqrt(len(vector))
    return (sample / np.linalg.norm(sample)).astype(np.float32)


def make_crowd(people: int, cameras: int, noise: float = 0.4, seed: int = 0) -> tuple[list[Tracklet], list[int]]:
    """Everybody walks through all cameras one after the other; returns the tracklets and who each is."""
    rng = np.random.default_rng(seed)
    looks = rng.normal(size=(people, 64))
    looks /= np.linalg.norm(looks, axis=1, keepdims=True)
    tracklets, who = [], []
    for person in range(people):
        for camera in range(cameras):
            start = person * 3.0 + camera * 10.0
            tracklets.append(make_walk(f"cam{camera}", person + 1, start, start + 5, noisy(rng, looks[person], noise)))
            who.append(person)
    return tracklets, who


def as_partition(identities: list[Identity]) -> set[frozenset[tuple[str, int]]]:
    """The identities as sets of (camera, track)."""
    return {frozenset((t.camera_id, t.track_id) for t in identity.tracklets) for identity in identities}


@pytest.fixture
def walk() -> Callable[..., Tracklet]:
    """See `make_walk`."""
    return make_walk


@pytest.fixture
def crowd() -> Callable[..., tuple[list[Tracklet], list[int]]]:
    """See `make_crowd`."""
    return make_crowd


@pytest.fixture
def partition() -> Callable[[list[Identity]], set[frozenset[tuple[str, int]]]]:
    """See `as_partition`."""
    return as_partition
