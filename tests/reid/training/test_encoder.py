"""Training of the attention on synthetic embeddings: it learns to leave damaged frames out."""

from __future__ import annotations

import numpy as np
import torch

from reid.data.damage import damage_plan, empty_scene, occlude_heavily
from reid.models.tracklet import MeanEncoder
from reid.training.encoder import FrameBank, damage_clips, train_attention, unevenness


def bank_of(people: int, seed: int) -> FrameBank:
    """People as directions; occluded frames lean to another direction, empty ones to a common one."""
    random = np.random.default_rng(seed)
    unit = lambda x: x / np.linalg.norm(x, axis=-1, keepdims=True)  # noqa: E731
    centres = unit(random.normal(size=(people, 1, 1, 16)))
    whole = centres + 0.1 * random.normal(size=(people, 4, 6, 16))
    occluded = 0.4 * centres + unit(random.normal(size=(people, 4, 6, 16)))
    empty = unit(np.ones(16)) + 0.1 * random.normal(size=(people, 4, 6, 16))
    variants = unit(np.stack([whole, occluded, empty], axis=3)).reshape(4 * people, 6, 3, 16)
    labels = np.repeat(np.arange(people), 4)
    return FrameBank(variants.astype(np.float32), np.full(4 * people, 6), labels, np.zeros(4 * people, np.int64))


def test_damage_plan_keeps_one_frame_whole() -> None:
    rng = np.random.default_rng(0)
    for share in (0.0, 0.25, 0.5, 0.99):
        for frames in (1, 2, 8):
            damaged, kinds = damage_plan(frames, share, rng)
            assert damaged.sum() == min(round(share * frames), frames - 1)
            assert kinds.shape == (frames,)


def test_damaged_pictures_differ_and_leave_the_original_alone() -> None:
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (64, 32, 3), dtype=np.uint8)
    before = image.copy()
    for damaged in (occlude_heavily(image, image[::-1], rng), empty_scene(image, rng)):
        assert damaged.shape == image.shape
        assert (damaged != image).mean() > 0.3
    np.testing.assert_array_equal(image, before)


def test_clips_are_damaged_as_planned() -> None:
    bank = bank_of(5, 0)
    clips = damage_clips(bank, np.array([3, 7]), np.array([0.0, 0.5]), np.random.default_rng(0))
    assert clips.damaged.sum(1).tolist() == [0, 3]
    np.testing.assert_array_equal(clips.frames[0], bank.variants[3, :, 0])
    changed = (clips.frames[1] != bank.variants[7, :, 0]).any(1)
    np.testing.assert_array_equal(changed, clips.damaged[1])


def test_attention_learns_to_leave_damaged_frames_out_for_strangers() -> None:
    encoder = train_attention(bank_of(40, 0), steps=80, learning_rate=0.01, hidden=16, temperature=1.0)
    strangers = bank_of(20, 1)
    everyone = np.arange(80)
    clips = damage_clips(strangers, everyone, np.full(80, 0.5), np.random.default_rng(1))
    frames, mask = torch.from_numpy(clips.frames), torch.from_numpy(clips.mask)
    with torch.no_grad():
        weights = encoder.weights(frames, mask).numpy()
        ours, mean = encoder(frames), MeanEncoder()(frames)
    assert (weights * clips.damaged).sum(1).mean() < 0.25
    truth = torch.from_numpy(strangers.variants[:, :, 0].mean(1))
    truth = torch.nn.functional.normalize(truth, dim=1)
    assert (ours * truth).sum(1).mean() > (mean * truth).sum(1).mean()


def test_unevenness_is_zero_for_even_weights() -> None:
    whole = torch.tensor([[True, True, False]])
    assert unevenness(torch.tensor([[0.5, 0.5, 0.0]]), whole).item() == 0.0
    assert unevenness(torch.tensor([[0.25, 0.25, 0.5]]), whole).item() > 0.0
