"""Which people were merged and which were split: result identities as a clustering of the boxes of people."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MIN_SHARE = 0.1
"""Share of a person's matched boxes from which a result identity is said to hold this person; less is a brief slip."""


@dataclass(frozen=True, eq=False)
class IdentityErrors:
    """How result identities and people correspond.

    Attributes:
        pair_precision: Of all pairs of boxes with one result identity, the share that shows one person, in [0, 1].
        pair_recall: Of all pairs of boxes of one person, the share with one result identity, in [0, 1].
        merges: result identity -> the people it holds, where there are several.
        splits: person -> the result identities they have, where there are several.
    """

    pair_precision: float
    pair_recall: float
    merges: dict[int, tuple[int, ...]]
    splits: dict[int, tuple[int, ...]]

    @property
    def wrong_merges(self) -> int:
        """Number of people too many in result identities."""
        return sum(len(people) - 1 for people in self.merges.values())

    @property
    def wrong_splits(self) -> int:
        """Number of result identities too many for people."""
        return sum(len(identities) - 1 for identities in self.splits.values())


def _pairs(counts: NDArray[np.int64]) -> int:
    """Number of pairs within groups of the given sizes."""
    return int((counts * (counts - 1) // 2).sum())


def find_identity_errors(person_ids: NDArray[np.int64], result_ids: NDArray[np.int64]) -> IdentityErrors:
    """Compare the two labels of matched boxes.

    Args:
        person_ids: Ground truth identity of each matched box, int64 (M,).
        result_ids: Result identity of each matched box, int64 (M,).
    """
    people, person_rows = np.unique(person_ids, return_inverse=True)
    identities, identity_columns = np.unique(result_ids, return_inverse=True)
    table = np.zeros((len(people), len(identities)), np.int64)
    np.add.at(table, (person_rows, identity_columns), 1)
    held = (table >= MIN_SHARE * table.sum(axis=1, keepdims=True)) & (table > 0)  # (people, identities)
    merges = {int(identities[c]): tuple(people[held[:, c]].tolist()) for c in np.flatnonzero(held.sum(axis=0) > 1)}
    splits = {int(people[r]): tuple(identities[held[r]].tolist()) for r in np.flatnonzero(held.sum(axis=1) > 1)}
    right = _pairs(table)
    return IdentityErrors(
        pair_precision=right / max(_pairs(table.sum(axis=0)), 1),
        pair_recall=right / max(_pairs(table.sum(axis=1)), 1),
        merges=merges,
        splits=splits,
    )
