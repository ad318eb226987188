"""The few nearest items of every item, kept while distances arrive a tile at a time."""

from __future__ import annotations

import numpy as np

CHUNKS = 16  # values per chunk of the first look at a tile
NOTHING = np.uint64(0x7F800000_FFFFFFFF)  # the key of an infinite distance


class Shortlists:
    """For each of N items the `count` nearest among those offered so far; equal distances in the order of items.

    An entry is one integer, the bits of the distance above the number of the item: bits of floats that are not negative
    sort as the floats do, so sorting a row of plain integers sorts by distance and then by item.
    """

    def __init__(self, size: int, count: int) -> None:
        self._keys = np.full((size, count), NOTHING)

    def bounds(self, items: slice, tile: np.ndarray) -> np.ndarray:
        """Distance above which nothing of a tile can enter the items' lists, float32 (B,); finite.

        Args:
            items: B consecutive items.
            tile: Distances about to be offered to them, float32 (B, C); a bound for lists that are not full yet.
        """
        count = self._keys.shape[1]
        if count == 0:
            return np.full(len(tile), -1.0, dtype=np.float32)
        bounds = _distances(self._keys[items, -1])
        chunks = tile.shape[1] // CHUNKS
        if chunks > count and np.isinf(bounds).any():
            # The count-th smallest chunk minimum is at least the count-th smallest value. A chunk takes every
            # chunks-th column: minima of whole vectors are much faster than of neighbours.
            minima = tile[:, : chunks * CHUNKS].reshape(-1, CHUNKS, chunks).min(axis=1)  # (B, chunks)
            bounds = np.minimum(bounds, np.partition(minima, count - 1, axis=1)[:, count - 1])
        return np.minimum(bounds, np.finfo(np.float32).max)

    def offer(self, items: slice, owners: np.ndarray, others: np.ndarray, distances: np.ndarray) -> None:
        """Take P distances into the lists of consecutive items.

        Args:
            items: B < 65,536 consecutive items.
            owners: Which of these items each distance belongs to, int (P,) in [0, B).
            others: The items at these distances, int (P,); none twice for one owner in all offers.
            distances: Finite, float32 (P,); below 0 counts as 0.
        """
        if len(owners) == 0:
            return
        grouped = np.argsort(owners.astype(np.uint16), kind="stable")  # of 16 bits, a radix sort
        owners, distances = owners[grouped], np.maximum(distances[grouped], 0.0) + 0.0  # -0.0 has other bits than 0.0
        keys = distances.view(np.uint32).astype(np.uint64) << np.uint64(32) | others[grouped].astype(np.uint64)
        kept = self._keys[items]  # (B, count)
        found = np.bincount(owners, minlength=len(kept))
        place = np.arange(len(owners)) - np.repeat(np.cumsum(found) - found, found)
        offered = np.full((len(kept), found.max()), NOTHING)
        offered[owners, place] = keys
        merged = np.concatenate([kept, offered], axis=1)
        merged.sort(axis=1)
        self._keys[items] = merged[:, : kept.shape[1]]

    def order(self) -> np.ndarray:
        """Items of every list in ascending order of distance, int64 (N, count); -1 fills lists that are shorter."""
        items = (self._keys & np.uint64(0xFFFFFFFF)).astype(np.int64)
        return np.where(self._keys == NOTHING, -1, items)

    def distances(self) -> np.ndarray:
        """Distances to them, float32 (N, count); infinite where there is none."""
        return _distances(self._keys)


def _distances(keys: np.ndarray) -> np.ndarray:
    return (keys >> np.uint64(32)).astype(np.uint32).view(np.float32)
