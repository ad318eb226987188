"""Helpers for groups of different sizes, against loops."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from crosscam.base.ragged_arrays import expand, rank_among_equals


@given(st.lists(st.integers(-2, 5)))
def test_each_index_as_often_as_it_counts(counts: list[int]) -> None:
    index, within = expand(np.array(counts, np.int64))
    expected = [(i, k) for i, count in enumerate(counts) for k in range(count)]
    assert list(zip(index.tolist(), within.tolist(), strict=True)) == expected


@given(st.lists(st.integers(0, 4)))
def test_rank_among_equal_keys(keys: list[int]) -> None:
    assert rank_among_equals(np.array(keys, np.int64)).tolist() == [keys[:i].count(key) for i, key in enumerate(keys)]
