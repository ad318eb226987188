"""Merged and split people against counting pair by pair."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.evaluation.identity_errors import find_identity_errors

LABELS = st.lists(st.tuples(st.integers(1, 4), st.integers(1, 4)), max_size=30)


@given(LABELS)
def test_pair_scores_equal_counting(labels):
    people = np.array([p for p, _ in labels], np.int64)
    identities = np.array([i for _, i in labels], np.int64)
    errors = find_identity_errors(people, identities)
    pairs = list(combinations(labels, 2))
    same_both = sum(a == b for a, b in pairs)
    same_identity = sum(a[1] == b[1] for a, b in pairs)
    same_person = sum(a[0] == b[0] for a, b in pairs)
    assert errors.pair_precision == pytest.approx(same_both / max(same_identity, 1))
    assert errors.pair_recall == pytest.approx(same_both / max(same_person, 1))


def test_brief_slips_are_no_merge():
    people = np.array([1] * 50 + [2] * 50)
    identities = np.array([7] * 50 + [7] * 4 + [8] * 46)  # 4 of 50 is below the share of 10 %
    errors = find_identity_errors(people, identities)
    assert errors.merges == {}
    assert errors.splits == {}
    identities[50:56] = 7
    errors = find_identity_errors(people, identities)
    assert errors.merges == {7: (1, 2)}
    assert errors.splits == {2: (7, 8)}
    assert errors.wrong_merges == errors.wrong_splits == 1
