"""One instant of a live run: the tracks that are ready, over all cameras, against the identities that are known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

FORBIDDEN = 1e6


def assign(odds: NDArray[np.float64]) -> list[int | None]:
    """The most likely assignment of tracks to identities, of which each is given once.

    Args:
        odds: Log-odds (tracks, identities) that they are the same person; -inf where they cannot be.

    Returns:
        For each track the column of its identity, or None where it is more likely to be somebody new.
    """
    count = len(odds)
    likely = np.flatnonzero((odds > 0).any(axis=0))
    cost = np.full((count, len(likely) + count), FORBIDDEN)
    cost[:, : len(likely)] = np.where(odds[:, likely] > 0, -odds[:, likely], FORBIDDEN)
    cost[np.arange(count), len(likely) + np.arange(count)] = 0.0
    _, chosen = linear_sum_assignment(cost)
    return [int(likely[column]) if column < len(likely) else None for column in chosen.tolist()]


def is_clear(odds: NDArray[np.float64], margin: float) -> bool:
    """Whether the best of a track's log-odds (identities,) is `margin` from 0, and from the second where it matches."""
    if not len(odds):
        return True
    best = np.sort(np.partition(odds, -2)[-2:])[::-1] if len(odds) > 1 else odds
    rivals = len(best) > 1 and best[0] > 0 and best[0] - best[1] < margin
    return bool(abs(best[0]) >= margin and not rivals)
