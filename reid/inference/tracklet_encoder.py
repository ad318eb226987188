"""The trained tracklet encoder in plain NumPy: frame embeddings of one tracklet -> one embedding, without torch.

The same function as `reid.models.tracklet.TemporalAttention` (a test compares them); its weights belong to one
embedder.
"""

from __future__ import annotations

import os
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscam.base.errors import CheckpointError, MisfitError
from crosscam.base.vectors import unit_rows

if TYPE_CHECKING:
    from reid.models.tracklet import TemporalAttention

SHIPPED_ENCODER = Path(__file__).parent.parent / "weights" / "tracklet_attention.npz"
ARRAYS = ("project_weight", "project_bias", "temporal_weight", "temporal_bias")


@dataclass(frozen=True, eq=False)
class TrackletAttention:
    """Weighs the frames of a tracklet, so that occluded, empty and foreign crops count little.

    Attributes:
        embedder: Name of the embedder whose vectors it was trained on; others give meaningless weights.
        project_weight: float32 (hidden, D + 2).
        project_bias: float32 (hidden,).
        temporal_weight: float32 (hidden, kernel).
        temporal_bias: float32 (1,).
        gate: "softmax" or "sigmoid".
        temperature: Of the scores.
    """

    embedder: str
    project_weight: np.ndarray
    project_bias: np.ndarray
    temporal_weight: np.ndarray
    temporal_bias: np.ndarray
    gate: str = "sigmoid"
    temperature: float = 1.0

    def weights(self, frames: np.ndarray) -> np.ndarray:
        """How much each frame counts, float32 (T,), sum 1.

        Args:
            frames: Unit embeddings in time order, (T, D), T >= 1.
        """
        expected = self.project_weight.shape[1] - 2
        if frames.ndim != 2 or frames.shape[1] != expected or not len(frames):
            raise ValueError(f"frames must have shape (T >= 1, {expected}), got {frames.shape}")
        described = np.concatenate([frames * frames.shape[1] ** 0.5, agreement(frames)], axis=1)
        hidden = np.maximum(described @ self.project_weight.T + self.project_bias, 0.0)  # (T, hidden)
        kernel = self.temporal_weight.shape[1]
        padded = np.pad(hidden, ((kernel // 2, kernel // 2), (0, 0)))
        windows = np.lib.stride_tricks.sliding_window_view(padded, kernel, axis=0)  # (T, hidden, kernel)
        scores = (np.einsum("thk,hk->t", windows, self.temporal_weight) + self.temporal_bias) / self.temperature
        if self.gate == "softmax":
            values = np.exp(scores - scores.max())
        else:
            values = 1.0 / (1.0 + np.exp(-np.clip(scores, -80.0, 80.0)))
        return (values / max(float(values.sum()), 1e-8)).astype(np.float32)

    def encode(self, frames: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Unit embedding of the tracklet, float32 (D,), and the weights; arguments as for `weights`."""
        weights = self.weights(frames)
        return unit_rows(weights @ frames), weights


def agreement(frames: np.ndarray) -> np.ndarray:
    """Mean and lower median cosine of each frame to the others, centred over the tracklet: (T, 2)."""
    count = len(frames)
    if count == 1:
        return np.zeros((1, 2), np.float32)
    cosines = frames @ frames.T
    others = cosines[~np.eye(count, dtype=bool)].reshape(count, count - 1)
    median = np.sort(others, axis=1)[:, (count - 2) // 2]
    both = np.stack([others.mean(1), median], axis=1)
    return 4.0 * (both - both.mean(0))


def save_encoder(encoder: TemporalAttention, embedder: str, path: Path) -> None:
    """Write a trained attention in float16 for the embedder of that name."""
    arrays: dict[str, Any] = {
        "project_weight": encoder.project.weight,
        "project_bias": encoder.project.bias,
        "temporal_weight": encoder.temporal.weight[0],
        "temporal_bias": encoder.temporal.bias,
    }
    partial = path.with_name(path.name + ".part")
    with partial.open("wb") as file:
        np.savez(
            file,
            embedder=np.array(embedder),
            gate=np.array(encoder.gate),
            temperature=np.array(encoder.temperature),
            **{name: value.detach().numpy().astype(np.float16) for name, value in arrays.items()},
        )
    os.replace(partial, path)


def encoder_for(embedder: str, path: str | Path | None = None) -> TrackletAttention | None:
    """The encoder of a file, the shipped one by default, for this embedder; None where none ships.

    Raises:
        MisfitError: It was trained on another embedder's vectors.
        CheckpointError: Missing, damaged, or of another kind.
    """
    if path is None and not SHIPPED_ENCODER.is_file():
        return None
    encoder = load_encoder(path)
    if encoder.embedder != embedder:
        name = path or SHIPPED_ENCODER.name
        raise MisfitError(f"encoder '{name}' belongs to embedder '{encoder.embedder}', not '{embedder}'")
    return encoder


def load_encoder(path: str | Path | None = None) -> TrackletAttention:
    """Read an encoder; the shipped one by default. No code in the file is run.

    Raises:
        CheckpointError: Missing, damaged, or of another kind.
    """
    path = SHIPPED_ENCODER if path is None else Path(path)
    if not path.is_file():
        raise CheckpointError(f"tracklet encoder '{path}' not found")
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name].astype(np.float32) for name in ARRAYS}
            embedder, gate, temperature = str(file["embedder"]), str(file["gate"]), float(file["temperature"])
            return TrackletAttention(embedder, **arrays, gate=gate, temperature=temperature)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise CheckpointError(f"'{path}' is not a tracklet encoder: {error}") from error
