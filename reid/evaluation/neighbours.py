"""Nearest-neighbour lists of all items in bounded memory and half the arithmetic: every pair is looked at once."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from crosscam.base.errors import InputError
from reid.evaluation.item_distances import SquaredDistances
from reid.evaluation.shortlists import Shortlists

TILE = 1024  # items on a side: 4 MB of distances, which the passes over them find in the cache

Watcher = Callable[[np.ndarray, slice, slice], None]
"""Called with squared distances (B, C) of B consecutive items to C others, for any two items in one order or both."""


@dataclass(frozen=True, eq=False)
class NeighbourLists:
    """For every item its nearest items in ascending order, itself first.

    Attributes:
        order: int64 (N, K); -1 fills lists that are shorter.
        squared: Squared distances to them, float32 (N, K); infinite where there is none.
        row_max: Largest squared distance of every item, float32 (N,).
    """

    order: np.ndarray
    squared: np.ndarray
    row_max: np.ndarray


def nearest(distances: SquaredDistances, count: int, watch: Watcher | None = None) -> NeighbourLists:
    """Lists of the item itself and its `count` nearest others.

    Args:
        distances: Among N items.
        count: Neighbours of an item; fewer where there are not so many items.
        watch: Sees all distances on their way.
    """
    size = len(distances)
    lists = Shortlists(size, max(min(count, size - 1), 0))
    row_max = _walk(distances, watch, lambda tile, rows, columns: _offer(lists, tile, rows, columns))
    return _with_itself([lists], row_max)


def nearest_by_camera(
    distances: SquaredDistances, cameras: np.ndarray, own: int, other: int, watch: Watcher | None = None
) -> NeighbourLists:
    """Lists of the item itself, its `own` nearest in its camera and its `other` nearest in all other cameras.

    Views of one camera resemble one another, so plain lists fill with strangers of the own camera before they reach
    the same person elsewhere. Idea: Chen et al., CA-Jaccard, CVPR 2024.

    Args:
        distances: Among N items.
        cameras: int (N,).
        own: Neighbours from the item's own camera.
        other: Neighbours from the other cameras.
        watch: Sees all distances on their way.
    """
    size = len(distances)
    cameras = np.asarray(cameras)
    if cameras.shape != (size,):
        raise InputError(f"got {cameras.shape} camera ids for {size} items")
    here, elsewhere = Shortlists(size, own), Shortlists(size, other)

    def offer(tile: np.ndarray, rows: slice, columns: slice) -> None:
        same = cameras[rows, None] == cameras[columns]
        _offer(here, np.where(same, tile, np.inf), rows, columns)
        _offer(elsewhere, np.where(same, np.inf, tile), rows, columns)

    return _with_itself([here, elsewhere], _walk(distances, watch, offer))


def tile_pairs(size: int) -> Iterator[tuple[slice, slice]]:
    """Pairs of runs of at most `TILE` items such that every two items meet once, within a run or across two.

    Runs meet themselves first and then the others as in a round-robin: all lists fill alike, so most of what comes
    later is seen to be too far at a glance. The number of runs is odd, or two runs would meet twice.
    """
    if size == 0:
        return
    runs = math.ceil(size / TILE) // 2 * 2 + 1
    limits = np.linspace(0, size, runs + 1).astype(int).tolist()
    parts = [slice(*pair) for pair in pairwise(limits)]
    for step in range(runs // 2 + 1):
        for run in range(runs):
            first, second = sorted((run, (run + step) % runs))
            yield parts[first], parts[second]


def _walk(distances: SquaredDistances, watch: Watcher | None, offer: Watcher) -> np.ndarray:
    """Call both with every tile, the second with infinite distances of items to themselves; returns row maxima (N,)."""
    row_max = np.zeros(len(distances), dtype=np.float32)
    for rows, columns in tile_pairs(len(distances)):
        tile = distances.tile(rows, columns)
        if watch:
            watch(tile, rows, columns)
        np.maximum(row_max[rows], tile.max(axis=1), out=row_max[rows])
        np.maximum(row_max[columns], tile.max(axis=0), out=row_max[columns])
        if rows == columns:
            np.fill_diagonal(tile, np.inf)
        offer(tile, rows, columns)
    return row_max


def _offer(lists: Shortlists, tile: np.ndarray, rows: slice, columns: slice) -> None:
    """Offer a tile to the lists of its rows and, seen from the other side, of its columns."""
    row_bounds, column_bounds = lists.bounds(rows, tile), lists.bounds(columns, tile.T)
    near = tile <= row_bounds[:, None]
    near |= tile <= column_bounds
    row, column = np.divmod(np.flatnonzero(near), tile.shape[1])
    values = tile[row, column]
    take = values <= row_bounds[row]
    lists.offer(rows, row[take], column[take] + columns.start, values[take])
    if rows != columns:
        take = values <= column_bounds[column]
        lists.offer(columns, column[take], row[take] + rows.start, values[take])


def _with_itself(lists: Sequence[Shortlists], row_max: np.ndarray) -> NeighbourLists:
    """The lists side by side, the item itself before them: also where copies of it exist."""
    size = len(row_max)
    order = [np.arange(size)[:, None], *(part.order() for part in lists)]
    squared = [np.zeros((size, 1), dtype=np.float32), *(part.distances() for part in lists)]
    return NeighbourLists(np.concatenate(order, axis=1), np.concatenate(squared, axis=1), row_max)
