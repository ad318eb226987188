"""What a cosine distance between embeddings means for the embedder at hand, from the run's own tracklets.

The options of splitting, cutting and stitching are written for an embedder whose people lie `TYPICAL` apart. Nearly
all pairs of tracklets are different people, so the median distance of all pairs tells how far apart they lie for any
other one.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tracker.single_camera.options import Options
from tracker.single_camera.refinement.options import RefinementOptions
from tracker.structures import Tracklet

TYPICAL = 0.46
"""Median cosine distance of different people's tracklets with OSNet x0.25 trained on MSMT17, on MARS."""

PRIOR_PAIRS = 30
"""Pairs that `TYPICAL` counts as much as: a few tracklets do not change the scale."""

MAX_TRACKLETS = 500
"""A sample of this many tells the median well enough."""


def embedding_scale(tracklets: Sequence[Tracklet]) -> float:
    """Factor from distances of the reference embedder to those of this run; 1 without appearance.

    Never below 1: people of a small run may look alike by chance, and a pure tracklet that is cut does more harm than
    a mixed one that is not.
    """
    embeddings = [t.embedding for t in tracklets if t.embedding is not None]
    if len(embeddings) < 2:
        return 1.0
    embeddings = embeddings[:: -(-len(embeddings) // MAX_TRACKLETS)]
    vectors = np.stack(embeddings)
    distances = (1 - vectors @ vectors.T)[np.triu_indices(len(vectors), 1)]
    pairs = len(distances)
    typical = (pairs * float(np.median(distances)) + PRIOR_PAIRS * TYPICAL) / (pairs + PRIOR_PAIRS)
    return max(typical / TYPICAL, 1.0)


def scaled(options: RefinementOptions, scale: float) -> RefinementOptions:
    """The options with their distances on the run's own scale."""
    parts: dict[str, Options | None] = {}
    for name, key in (("split", "min_distance"), ("absence", "min_distance"), ("stitch", "max_distance")):
        part = getattr(options, name)
        parts[name] = part and part.model_copy(update={key: min(getattr(part, key) * scale, 2.0)})
    return options.model_copy(update=parts)
