"""Batches of images and clips of frames."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosscam.base.errors import TrainingError
from reid.data.clips import CLIP_SAMPLERS, consecutive, dense, evenly
from reid.data.samplers import IdentityBatches, RandomBatches

LABELS = np.array([0] * 5 + [1] * 2 + [2] + [3] * 9)


def test_identity_batches_hold_p_identities_with_k_images() -> None:
    sampler = IdentityBatches(LABELS, 6, 3)
    for number in range(10):
        labels = LABELS[sampler.batch(number)].reshape(2, 3)
        assert (labels == labels[:, :1]).all()
        assert labels[0, 0] != labels[1, 0]


def test_every_identity_once_per_pass_and_no_image_twice_where_there_are_enough() -> None:
    sampler = IdentityBatches(LABELS, 4, 2)
    people = np.concatenate([LABELS[sampler.batch(n)][::2] for n in range(2)])
    assert sorted(people) == [0, 1, 2, 3]
    for number in range(20):
        for pair in sampler.batch(number).reshape(2, 2):
            assert pair[0] != pair[1] or LABELS[pair[0]] == 2


def test_batches_depend_on_number_and_seed_alone() -> None:
    for make in (lambda seed: IdentityBatches(LABELS, 6, 3, seed), lambda seed: RandomBatches(17, 5, seed)):
        first, second, other = make(1), make(1), make(2)
        forward = [first.batch(n) for n in range(8)]
        backward = [second.batch(n) for n in reversed(range(8))][::-1]
        assert all((a == b).all() for a, b in zip(forward, backward, strict=True))
        assert any((a != other.batch(n)).any() for n, a in enumerate(forward))


def test_random_batches_pass_over_all_images() -> None:
    sampler = RandomBatches(20, 5)
    assert sorted(np.concatenate([sampler.batch(n) for n in range(4)])) == list(range(20))
    assert len(RandomBatches(3, 64).batch(0)) == 3


def test_one_identity_and_odd_sizes_are_refused() -> None:
    with pytest.raises(TrainingError, match="at least two identities, got 1"):
        IdentityBatches(np.zeros(9, np.int64), 4, 2)
    with pytest.raises(TrainingError, match="batch size 9 cannot hold"):
        IdentityBatches(LABELS, 9, 2)
    with pytest.raises(TrainingError, match="at least two images"):
        RandomBatches(1, 4)


@given(st.sampled_from(sorted(CLIP_SAMPLERS)), st.integers(1, 300), st.integers(1, 16), st.integers(0, 99))
def test_clips_are_ascending_and_inside(name: str, frames: int, length: int, seed: int) -> None:
    found = CLIP_SAMPLERS[name](frames, length, np.random.default_rng(seed))
    assert len(found) == min(frames, length)
    assert (np.diff(found) >= (0 if name == "segment" else 1)).all()
    assert found[0] >= 0
    assert found[-1] < frames


def test_consecutive_reaches_the_last_window() -> None:
    starts = {int(consecutive(6, 4, np.random.default_rng(seed))[0]) for seed in range(60)}
    assert starts == {0, 1, 2}


def test_segments_cover_the_tracklet() -> None:
    for seed in range(20):
        found = CLIP_SAMPLERS["segment"](40, 4, np.random.default_rng(seed))
        assert [int(i) // 10 for i in found] == [0, 1, 2, 3]


def test_evenly_takes_the_middles() -> None:
    assert evenly(8, 4).tolist() == [1, 3, 5, 7]
    assert evenly(3, 8).tolist() == [0, 1, 2]


def test_dense_covers_every_frame_once_and_caps_by_spacing() -> None:
    assert [clip.tolist() for clip in dense(5, 2)] == [[0, 1], [2, 3], [4]]
    capped = np.concatenate(dense(920, 4, max_frames=164))
    assert len(capped) == 164
    assert capped[-1] > 910
