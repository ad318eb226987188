"""Tracklet encoders: masks, hand-worked weights, and the fault of the published attention."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from reid.inference.streaming import StreamingMean
from reid.models.tracklet import (
    FaithfulAttention,
    MeanEncoder,
    QualityEncoder,
    TemporalAttention,
    attention_entropy,
    build_encoder,
    masked_softmax,
)


def unit(*shape: int) -> torch.Tensor:
    return nn.functional.normalize(torch.randn(*shape, generator=torch.Generator().manual_seed(0)), dim=-1)


def test_masked_softmax_ignores_padding() -> None:
    weights = masked_softmax(torch.tensor([[0.0, 0.0, 9.0]]), torch.tensor([[True, True, False]]))
    torch.testing.assert_close(weights, torch.tensor([[0.5, 0.5, 0.0]]))
    nothing = masked_softmax(torch.zeros(1, 2), torch.zeros(1, 2, dtype=torch.bool))
    assert nothing.tolist() == [[0.0, 0.0]]


@pytest.mark.parametrize("name", ["mean", "quality", "attention"])
def test_padding_changes_nothing(name: str) -> None:
    torch.manual_seed(0)
    encoder = build_encoder(name, **({"dimension": 8} if name == "attention" else {})).eval()
    frames = unit(2, 3, 8)
    padded = torch.cat([frames, torch.full((2, 2, 8), torch.nan)], dim=1)
    mask = torch.tensor([[True] * 3 + [False] * 2] * 2)
    torch.testing.assert_close(encoder(padded, mask), encoder(frames))
    torch.testing.assert_close(encoder(frames).norm(dim=1), torch.ones(2))


def test_mean_is_the_normalised_mean() -> None:
    frames = unit(2, 4, 8)
    torch.testing.assert_close(MeanEncoder()(frames), nn.functional.normalize(frames.mean(1), dim=1))


def test_quality_weighs_frames() -> None:
    frames, mask = unit(1, 3, 8), torch.ones(1, 3, dtype=torch.bool)
    encoder = QualityEncoder()
    assert encoder.weights(frames, mask, torch.tensor([[1.0, 3.0, 0.0]])).tolist() == [[0.25, 0.75, 0.0]]
    torch.testing.assert_close(encoder(frames, quality=torch.zeros(1, 3)), MeanEncoder()(frames))


def test_attention_has_gradients_where_the_faithful_one_is_stuck() -> None:
    torch.manual_seed(0)
    faithful = FaithfulAttention(4, (3, 2), hidden=5)
    faithful.temporal.bias.data.fill_(-100.0)
    maps = torch.randn(2, 4, 4, 3, 2)
    torch.testing.assert_close(faithful.weights(maps), torch.full((2, 4), 0.25))
    faithful(maps).square().sum().backward()
    assert faithful.spatial.weight.grad.abs().sum() == 0

    ours = TemporalAttention(8, hidden=5)
    ours.temporal.bias.data.fill_(-100.0)
    ours(unit(2, 4, 8))[:, 0].sum().backward()
    assert ours.temporal.weight.grad.abs().sum() > 0


def test_attention_sees_the_odd_one_out() -> None:
    """With weights that read the agreement alone, the frame of another person gets almost nothing."""
    encoder = TemporalAttention(8, hidden=2, kernel=1)
    for parameter in encoder.parameters():
        parameter.data.zero_()
    encoder.project.weight.data[0, 8] = 1.0
    encoder.project.bias.data[0] = 5.0
    encoder.temporal.weight.data[0, 0, 0] = 4.0
    frames = unit(1, 1, 8).repeat(1, 4, 1)
    frames[0, 2] = -frames[0, 2]
    weights = encoder.weights(frames, torch.ones(1, 4, dtype=torch.bool))[0]
    assert weights[2] < 0.01
    assert encoder.weights(frames[:, :1], torch.ones(1, 1, dtype=torch.bool)).item() == 1.0


def test_entropy_is_one_for_uniform_weights() -> None:
    mask = torch.tensor([[True, True, True, False]])
    assert attention_entropy(torch.tensor([[1 / 3, 1 / 3, 1 / 3, 0.0]]), mask).item() == pytest.approx(1.0)
    assert attention_entropy(torch.tensor([[1.0, 0.0, 0.0, 0.0]]), mask).item() == 0.0


def test_unknown_encoder_names_the_known() -> None:
    with pytest.raises(ValueError, match="unknown encoder 'lstm'; available: mean, quality, attention"):
        build_encoder("lstm")


def test_streaming_mean_equals_the_mean_of_all() -> None:
    frames, weights = unit(20, 8).numpy(), np.linspace(0, 1, 20)
    stream = StreamingMean(8)
    assert stream.embedding() is None
    for frame, weight in zip(frames, weights, strict=True):
        stream.add(frame, float(weight))
    expected = (weights[:, None] * frames).sum(0)
    found = stream.embedding()
    assert found is not None
    np.testing.assert_allclose(found, expected / np.linalg.norm(expected), atol=1e-6)
    with pytest.raises(ValueError, match="weight must be finite"):
        stream.add(frames[0], float("nan"))
    with pytest.raises(ValueError, match="shape"):
        stream.add(frames[0, :4])
