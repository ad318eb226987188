"""Working ahead changes nothing but the time."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosscam.base.prefetch import prefetched


@given(st.lists(st.integers()), st.integers(1, 5))
def test_the_same_items_in_the_same_order(items: list[int], depth: int) -> None:
    assert list(prefetched(items, depth)) == items


def test_an_error_comes_after_the_items_before_it() -> None:
    def broken() -> Iterator[int]:
        yield from (1, 2)
        raise RuntimeError("disk on fire")

    taken = []
    with pytest.raises(RuntimeError, match="disk on fire"):
        taken.extend(prefetched(broken()))
    ahead = prefetched(broken())
    assert [next(ahead), next(ahead)] == [1, 2]
    ahead.close()


def test_closing_stops_the_thread() -> None:
    def endless() -> Iterator[int]:
        while True:
            yield 1

    ahead = prefetched(endless(), 2)
    assert next(ahead) == 1
    ahead.close()
    assert not [t for t in threading.enumerate() if t.name == "prefetch"]
