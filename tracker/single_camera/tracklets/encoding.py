"""One embedding per tracklet from its history: weighed by quality, and by a trained encoder where there is one.

The encoder sees what quality cannot: embeddings that do not agree with the others, of somebody who stood in front, or
of furniture. Departure from how it is trained: it weighs means of spans of time, not single frames.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from tracker.single_camera.tracklets.collector import weighted_mean
from tracker.structures import FloatArray, Tracklet

EmbeddingWeights = Callable[[FloatArray], FloatArray]
"""From unit vectors in order of time, float32 (T, D), to how much each counts, (T,), sum 1."""


def encoded(tracklets: Sequence[Tracklet], weigh: EmbeddingWeights | None) -> list[Tracklet]:
    """The same tracklets with embeddings from all of their history; without an encoder as they are."""
    return list(tracklets) if weigh is None else [_encoded(tracklet, weigh) for tracklet in tracklets]


def _encoded(tracklet: Tracklet, weigh: EmbeddingWeights) -> Tracklet:
    if len(tracklet.samples) < 2:
        return tracklet
    order = np.argsort(tracklet.sample_frames, kind="stable")
    history = tracklet.samples[order]
    trust = tracklet.qualities[order] * np.sqrt(weigh(history))  # the mean squares it
    return replace(tracklet, embedding=weighted_mean(history, trust))
