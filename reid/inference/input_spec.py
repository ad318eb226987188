"""How a network wants its input: size, colour order, mean and scale. Written into exports as metadata."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

METADATA_KEY = "crosscam_reid"


@dataclass(frozen=True)
class InputSpec:
    """From BGR uint8 crops to the network's input: `(channel - mean) / scale`, channels first.

    Attributes:
        size: (height, width) in pixels.
        mean: Per channel in the network's own order, on the 0 to 255 scale.
        scale: Per channel, on the 0 to 255 scale.
        rgb: The network's channels are red, green, blue; False: blue, green, red.
        dimension: Length of an embedding; 0 where it is not known before the first run.
        parts: Layout of the embedding, see `reid.checkpoint.Checkpoint.parts`.
        distances: (same, spread, different) of `reid.distance_scale.DistanceScale`; () where they are not known.
        model: The model's name, for reports.
        fingerprint: Of the checkpoint whose embeddings this network's are comparable with; "" where they are its own.
    """

    size: tuple[int, int]
    mean: tuple[float, ...] = (123.675, 116.28, 103.53)
    scale: tuple[float, ...] = (58.395, 57.12, 57.375)
    rgb: bool = True
    dimension: int = 0
    parts: dict[str, Any] = field(default_factory=dict)
    distances: tuple[float, ...] = ()
    model: str = ""
    fingerprint: str = ""

    @classmethod
    def from_unit_range(
        cls, size: tuple[int, int], mean: tuple[float, ...], std: tuple[float, ...], **rest: Any
    ) -> InputSpec:
        """From mean and standard deviation of red, green, blue in [0, 1], as checkpoints hold them."""
        return cls(size, tuple(255.0 * m for m in mean), tuple(255.0 * s for s in std), **rest)

    def normalise(self, batch: np.ndarray) -> np.ndarray:
        """uint8 BGR (N, H, W, 3) -> float32 (N, 3, H, W) as the network wants it."""
        planes = batch[..., ::-1] if self.rgb else batch
        values = (planes.astype(np.float32) - np.array(self.mean, np.float32)) / np.array(self.scale, np.float32)
        return np.ascontiguousarray(values.transpose(0, 3, 1, 2))

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> InputSpec:
        values: Mapping[str, Any] = json.loads(text)
        lists = {key: tuple(values[key]) for key in ("size", "mean", "scale", "distances") if key in values}
        return cls(**{**values, **lists})
