"""Confidence intervals of retrieval scores by resampling query identities."""

from __future__ import annotations

import numpy as np


def bootstrap_interval(
    values: np.ndarray, groups: np.ndarray, draws: int = 2000, level: float = 0.95, seed: int = 0
) -> tuple[float, float]:
    """Percentile interval of the mean of `values` when whole groups are drawn with replacement.

    Queries of one person are alike, so resampling single queries would give intervals that are too narrow.

    Args:
        values: Score of every query, (N,).
        groups: Person of every query, int (N,).
        draws: Resamples.
        level: Share of resampled means inside the interval.
        seed: Of the resampling.
    """
    if len(values) != len(groups) or not len(values):
        raise ValueError(f"got {len(values)} values and {len(groups)} groups, expected the same number, at least one")
    _, index = np.unique(groups, return_inverse=True)
    people = int(index.max()) + 1
    sums, sizes = np.bincount(index, weights=values), np.bincount(index)
    drawn = np.random.default_rng(seed).multinomial(people, np.full(people, 1.0 / people), size=draws)  # (B, P)
    means = (drawn @ sums) / (drawn @ sizes)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
