"""What the stages ask of each other: one small protocol per role, so that any part can be replaced."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tracker.structures import Detections, Frame, FrameTracks, Identity, Tracklet


class Detector(Protocol):
    """Finds people in images.

    Attributes:
        device: What it runs on: "cpu", "cuda", "cuda:N", or "none" where nothing is computed.
    """

    device: str

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        """People in each of the frames (of any cameras and sizes), one `Detections` per frame, in order."""


class Embedder(Protocol):
    """Turns crops of people into vectors that are close for one person and far for two.

    Attributes:
        dimension: Length D of an embedding.
        name: Tells which model and weights made the embeddings; only equal names are comparable.
        device: What it runs on: "cpu", "cuda" or "cuda:N".
    """

    dimension: int
    name: str
    device: str

    @property
    def distances(self) -> tuple[float, float, float] | None:
        """Usual cosine distances between a crop and a person's mean: mean, deviation within one, mean between two."""

    def embed(self, crops: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Turn N BGR uint8 crops of any size into unit vectors, float32 (N, D)."""


class PreparedFrame(Protocol):
    """A frame between the two steps of a tracker."""

    @property
    def wanted_boxes(self) -> NDArray[np.float32]:
        """Boxes whose embedding can change a decision, float32 (W, 4)."""


class SingleCameraTracker(Protocol):
    """Follows people within one camera; one instance per camera, each frame prepared and associated once, in order."""

    def prepare(self, frame: Frame, detections: Detections, can_embed: bool = True) -> Any:
        """Clean the detections, predict the tracks, choose the crops to embed, if any can be: a `PreparedFrame`."""

    def associate(self, prepared: Any, embeddings: NDArray[np.float32] | None = None) -> FrameTracks:
        """Take the wanted boxes' embeddings, float32 (W, D), or None; return the confirmed tracks that are seen."""

    def update(self, frame: Frame, detections: Detections) -> FrameTracks:
        """Both steps, for detections that have their embeddings or need none."""


class CrossCameraAssociator(Protocol):
    """Decides which tracklets are one person."""

    def associate(self, tracklets: Sequence[Tracklet]) -> list[Identity]:
        """Put each tracklet into exactly one identity."""
