"""The worlds keep what their options promise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.worlds.synthetic_world import WorldOptions, make_world

SMALL = WorldOptions(people=12, cameras=3, minutes=1.5, seed=4)


@pytest.fixture(scope="module")
def world():
    return make_world(SMALL)


def test_tracklets_are_well_formed(world):
    assert len(world.tracklets) == len(world.people) > 12
    assert {t.camera_id for t in world.tracklets} == {"cam1", "cam2", "cam3"}
    keys = [(t.camera_id, t.track_id) for t in world.tracklets]
    assert len(set(keys)) == len(keys)
    for tracklet in world.tracklets:
        np.testing.assert_allclose(np.linalg.norm(tracklet.samples, axis=1), 1, atol=1e-5)
        np.testing.assert_allclose(tracklet.times_s, tracklet.frame_indices / SMALL.fps)
        assert np.isin(tracklet.sample_frames, tracklet.frame_indices).all()


def test_perfect_linking_of_clean_tracklets_is_perfect():
    clean = make_world(replace(SMALL, miss_rate=0.0, box_noise=0.0, breaks_per_minute=0.0))
    scores = clean.score(clean.perfect_identities())
    assert scores.multi_camera["IDF1"] > 99  # visits of less than four boxes have no tracklet
    assert scores.multi_camera["wrong_merges"] == scores.multi_camera["wrong_splits"] == 0


def test_no_linking_is_worse_and_faults_cost(world):
    perfect = world.score(world.perfect_identities()).multi_camera
    assert 85 < perfect["IDF1"] < 99
    from tracker.structures import Identity

    alone = [Identity(k, (tracklet,)) for k, tracklet in enumerate(world.tracklets, 1)]
    assert world.score(alone).multi_camera["IDF1"] < perfect["IDF1"] - 20
    mixed = make_world(replace(SMALL, mixed_rate=0.5))
    assert mixed.score(mixed.perfect_identities()).multi_camera["IDF1"] < perfect["IDF1"] - 3


def test_similarity_is_what_was_asked_for():
    for similarity in (0.3, 0.6):
        options = replace(SMALL, people=40, similarity=similarity, crop_noise=0.0, camera_share=0.0)
        same, other = make_world(options)._cross_camera_similarities()
        assert same.mean() == pytest.approx(similarity, abs=0.05)
        assert other.mean() == pytest.approx(0, abs=0.03)
        assert other.std() == pytest.approx(1 / 8, abs=0.03)


def test_difficulty_orders_worlds():
    easy, hard = (make_world(replace(SMALL, people=40, similarity=s)) for s in (0.7, 0.25))
    assert easy.separability() > hard.separability() + 2
    assert easy.rank1() > hard.rank1() + 10


def test_feet_map_to_where_people_stand():
    overlapping = make_world(replace(SMALL, gap_m=-3.0, box_noise=0.0, miss_rate=0.0))
    planes = overlapping.setup(calibrated=True).ground
    places: dict[tuple[int, int], list[np.ndarray]] = {}
    for tracklet, person in zip(overlapping.tracklets, overlapping.people, strict=True):
        for frame, place in zip(tracklet.frame_indices, planes[tracklet.camera_id].feet(tracklet.boxes), strict=True):
            places.setdefault((int(person), int(frame)), []).append(place)
    seen_twice = [np.ptp(both, axis=0).max() for both in places.values() if len(both) > 1]
    assert len(seen_twice) > 20
    assert np.nanmax(seen_twice) < 0.05  # metres
    assert overlapping.setup(calibrated=False).ground == {}


def test_same_seed_same_world(world):
    again = make_world(SMALL)
    for a, b in zip(world.tracklets, again.tracklets, strict=True):
        np.testing.assert_array_equal(a.boxes, b.boxes)
        np.testing.assert_array_equal(a.samples, b.samples)
