"""What a tracker knows of a frame before it has seen what the people look like."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracker.structures import Detections, FloatArray, Frame, IntArray


@dataclass(frozen=True, eq=False)
class PreparedFrame:
    """One frame's detections, cleaned, beside the tracks as they are expected in it.

    Attributes:
        frame: The frame.
        found: Everything the detector gave.
        detections: Those of it that are neither broken nor second boxes of one body.
        rows: Their rows in `found`, int64 (N,), rising.
        predicted: Boxes where the filter expects the tracks in this frame, float32 (M, 4).
        wanted: bool (N,): whose embedding can change a decision.
        is_first: There was no frame before it.
    """

    frame: Frame
    found: Detections
    detections: Detections
    rows: IntArray
    predicted: FloatArray
    wanted: NDArray[np.bool_]
    is_first: bool

    @property
    def wanted_boxes(self) -> FloatArray:
        """Boxes whose crops should be embedded, float32 (W, 4)."""
        return self.detections.boxes[self.wanted]

    def embedded(self, vectors: FloatArray | None) -> Detections:
        """The cleaned detections with embeddings; rows of zeros are those that were not embedded.

        Args:
            vectors: Of the wanted boxes, float32 (W, D); None leaves the detections as they came.
        """
        if vectors is None:
            return self.detections
        embeddings = np.zeros((len(self.detections), vectors.shape[1]), np.float32)
        embeddings[self.wanted] = vectors
        return self.detections.with_embeddings(embeddings)
