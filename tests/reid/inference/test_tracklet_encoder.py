"""The NumPy encoder equals the torch module, and its file is checked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from crosscam.base.errors import CheckpointError
from reid.inference.tracklet_encoder import load_encoder, save_encoder
from reid.models.tracklet import TemporalAttention


@pytest.mark.parametrize("gate", ["softmax", "sigmoid"])
@pytest.mark.parametrize("frames", [1, 2, 3, 8])
def test_equals_the_torch_module(tmp_path: Path, gate: str, frames: int) -> None:
    torch.manual_seed(frames)
    module = TemporalAttention(16, hidden=6, gate=gate).eval()
    save_encoder(module, "some-embedder", tmp_path / "encoder.npz")
    encoder = load_encoder(tmp_path / "encoder.npz")
    vectors = nn.functional.normalize(torch.randn(1, frames, 16), dim=2)
    with torch.no_grad():
        expected = module.weights(vectors, torch.ones(1, frames, dtype=torch.bool))[0].numpy()
        embedding = module(vectors)[0].numpy()
    np.testing.assert_allclose(encoder.weights(vectors[0].numpy()), expected, atol=3e-3)
    np.testing.assert_allclose(encoder.encode(vectors[0].numpy())[0], embedding, atol=3e-3)
    assert encoder.embedder == "some-embedder"


def test_wrong_input_and_files(tmp_path: Path) -> None:
    save_encoder(TemporalAttention(16), "x", tmp_path / "encoder.npz")
    encoder = load_encoder(tmp_path / "encoder.npz")
    for wrong in (np.zeros((0, 16)), np.zeros((3, 8)), np.zeros(16)):
        with pytest.raises(ValueError, match="frames must have shape"):
            encoder.weights(wrong)
    with pytest.raises(CheckpointError, match="not found"):
        load_encoder(tmp_path / "none.npz")
    (tmp_path / "bad.npz").write_bytes(b"nothing")
    np.savez(tmp_path / "other.npz", values=np.zeros(3))
    for name in ("bad.npz", "other.npz"):
        with pytest.raises(CheckpointError, match="not a tracklet encoder"):
            load_encoder(tmp_path / name)
