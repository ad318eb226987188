"""Arrays instead of loops over groups of different sizes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Index = NDArray[np.int64]


def expand(counts: Index) -> tuple[Index, Index]:
    """Each index i counts[i] times, and 0, 1, ... counts[i] - 1 beside it; counts below 0 are 0."""
    counts = np.maximum(counts, 0)
    index = np.repeat(np.arange(len(counts)), counts)
    return index, np.arange(len(index)) - np.repeat(np.cumsum(counts) - counts, counts)


def rank_among_equals(keys: Index) -> Index:
    """How many equal keys stand before each key, int64 (N,)."""
    order = np.argsort(keys, kind="stable")
    counts = np.unique(keys, return_counts=True)[1]
    rank = np.empty(len(keys), np.int64)
    rank[order] = expand(counts)[1]
    return rank
