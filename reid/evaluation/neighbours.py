"""Nearest-neighbour lists of all items in bounded memory and half the arithmetic: every pair is looked at once."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from threading import Lock

import numpy as np

from reid.errors import ReidError
from reid.evaluation.item_distances import SquaredDistances
from reid.evaluation.shortlists import Shortlists

TILE = 1024  # items on a side: 4 MB of distances, which the passes over them find in the cache
THREADS = min(4, os.cpu_count() or 1)  # NumPy's loops use one core each; every thread holds one tile

Watcher = Callable[[np.ndarray, slice, slice], None]
"""Called with squared distances (B, C) of B consecutive items to C others, for any two items in one order or both."""


@dataclass(frozen=True, eq=False)
class NeighbourLists:
    """For every item its nearest items in ascending order, itself first.

    Attributes:
        order: int64 (N, K); -1 fills lists that are shorter.
        row_max: Largest squared distance of every item, float32 (N,).
    """

    order: np.ndarray
    row_max: np.ndarray


def nearest(distances: SquaredDistances, count: int, watch: Watcher | None = None) -> NeighbourLists:
    """Lists of the item itself and its `count` nearest others.

    Args:
        distances: Among N items.
        count: Neighbours of an item; fewer where there are not so many items.
        watch: Sees all distances on their way, called from several threads.
    """
    size = len(distances)
    search = _Search(distances, watch)
    lists = Shortlists(size, max(min(count, size - 1), 0))
    search.run(lambda tile, rows, columns: search.offer(lists, tile, rows, columns))
    return search.result(lists)


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
        watch: Sees all distances on their way, called from several threads.
    """
    size = len(distances)
    cameras = np.asarray(cameras)
    if cameras.shape != (size,):
        raise ReidError(f"got {cameras.shape} camera ids for {size} items")
    search = _Search(distances, watch)
    here, elsewhere = Shortlists(size, own), Shortlists(size, other)

    def offer(tile: np.ndarray, rows: slice, columns: slice) -> None:
        same = cameras[rows, None] == cameras[columns]
        search.offer(here, np.where(same, tile, np.inf), rows, columns)
        search.offer(elsewhere, np.where(same, np.inf, tile), rows, columns)

    search.run(offer)
    return search.result(here, elsewhere)


def tile_pairs(size: int) -> Iterator[tuple[slice, slice]]:
    """Pairs of runs of at most `TILE` items such that every two items meet once, within a run or across two.

    Runs meet themselves first and then the others as in a round-robin: all lists fill alike, so most of what comes
    later is seen to be too far at a glance. The number of runs is odd, or two runs would meet twice.
    """
    runs = math.ceil(size / TILE) // 2 * 2 + 1
    limits = np.linspace(0, size, runs + 1).astype(int).tolist()
    parts = [slice(*pair) for pair in pairwise(limits)]
    for step in range(runs // 2 + 1):
        for run in range(runs):
            first, second = sorted((run, (run + step) % runs))
            yield parts[first], parts[second]


class _Search:
    """One pass over all pairs of items, by several threads."""

    def __init__(self, distances: SquaredDistances, watch: Watcher | None) -> None:
        self._distances, self._watch = distances, watch
        self._row_max = np.zeros(len(distances), dtype=np.float32)
        self._lock = Lock()

    def run(self, offer: Watcher) -> None:
        """Call `offer` with every tile of distances, an item's own being infinite."""

        def visit(pair: tuple[slice, slice]) -> None:
            rows, columns = pair
            tile = self._distances.tile(rows, columns)
            if tile.size == 0:
                return
            if self._watch:
                self._watch(tile, rows, columns)
            largest = tile.max(axis=1), tile.max(axis=0)
            with self._lock:
                for items, values in zip(pair, largest, strict=True):
                    np.maximum(self._row_max[items], values, out=self._row_max[items])
            if rows == columns:
                np.fill_diagonal(tile, np.inf)
            offer(tile, rows, columns)

        with ThreadPoolExecutor(THREADS) as pool:
            for _ in pool.map(visit, tile_pairs(len(self._distances))):
                pass

    def offer(self, lists: Shortlists, tile: np.ndarray, rows: slice, columns: slice) -> None:
        """Offer a tile to the lists of its rows and, seen from the other side, of its columns."""
        row_bounds, column_bounds = lists.bounds(rows, tile), lists.bounds(columns, tile.T)
        near = tile <= row_bounds[:, None]
        near |= tile <= column_bounds
        row, column = np.divmod(np.flatnonzero(near), tile.shape[1])
        values = tile[row, column]
        with self._lock:
            take = values <= row_bounds[row]
            lists.offer(rows, row[take], column[take] + columns.start, values[take])
            if rows != columns:
                take = values <= column_bounds[column]
                lists.offer(columns, column[take], row[take] + rows.start, values[take])

    def result(self, *lists: Shortlists) -> NeighbourLists:
        """The lists side by side, the item itself before them: also where copies of it exist."""
        itself = np.arange(len(self._row_max))[:, None]
        return NeighbourLists(np.concatenate([itself, *(part.order() for part in lists)], axis=1), self._row_max)
