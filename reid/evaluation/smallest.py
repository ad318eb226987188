"""The few smallest values of every row, without sorting the rows."""

from __future__ import annotations

import numpy as np

CHUNK = 16  # columns per chunk of the first pass


def smallest(block: np.ndarray, count: int) -> np.ndarray:
    """Columns of the `count` smallest values of every row in ascending order, earlier columns first among equals.

    The count-th smallest chunk minimum bounds the count-th smallest value, so two quick passes leave little to sort.

    Args:
        block: float32 (B, N); +inf marks what must not be listed.

    Returns:
        int64 (B, count), filled with -1.
    """
    rows, columns = block.shape
    chunks = columns // CHUNK
    if chunks > count > 0:
        # Every chunks-th column together: minima of whole vectors, which are much faster than of 16 neighbours.
        head = block[:, : chunks * CHUNK].reshape(rows, CHUNK, chunks).min(axis=1)  # (B, chunks)
        bound = np.partition(head, count - 1, axis=1)[:, count - 1 : count]
    else:
        bound = np.full((rows, 1), np.inf, dtype=block.dtype)
    bound = np.minimum(bound, np.finfo(block.dtype).max)  # +inf is never listed
    row, column = np.divmod(np.flatnonzero(block <= bound), max(columns, 1))
    order = np.lexsort((column, block[row, column], row))
    row, column = row[order], column[order]
    place = np.arange(len(row)) - np.searchsorted(row, np.arange(rows))[row]
    result = np.full((rows, count), -1, dtype=np.int64)
    kept = place < count
    result[row[kept], place[kept]] = column[kept]
    return result
