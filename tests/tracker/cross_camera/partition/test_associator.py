"""The offline associator: constraints, order, missing evidence."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from tracker.cross_camera.partition.associator import Associator
from tracker.structures import Identity, Tracklet

Crowd = Callable[..., tuple[list[Tracklet], list[int]]]
Walk = Callable[..., Tracklet]
Partition = Callable[[list[Identity]], set[frozenset[tuple[str, int]]]]


def test_nothing_gives_nothing() -> None:
    assert Associator().associate([]) == []


def test_without_appearance_everybody_is_alone(walk: Walk) -> None:
    identities = Associator().associate([walk("a", 1, 0, 1), walk("b", 1, 2, 3), walk("a", 2, 4, 5)])
    assert [identity.identity_id for identity in identities] == [1, 2, 3]
    assert [len(identity.tracklets) for identity in identities] == [1, 1, 1]


def test_clear_people_are_linked_over_cameras(crowd: Crowd, partition: Partition) -> None:
    tracklets, who = crowd(people=8, cameras=3)
    identities = Associator().associate(tracklets)
    truth = {
        frozenset((t.camera_id, t.track_id) for t, w in zip(tracklets, who, strict=True) if w == person)
        for person in range(8)
    }
    assert partition(identities) == truth


def test_numbers_follow_first_appearance_in_any_order(crowd: Crowd) -> None:
    tracklets, _ = crowd(people=5, cameras=3)
    expected = Associator().associate(tracklets)
    starts = [identity.tracklets[0].start_s for identity in expected]
    assert starts == sorted(starts)
    shuffled = [tracklets[i] for i in np.random.default_rng(1).permutation(len(tracklets))]
    again = Associator().associate(shuffled)
    assert [(i.identity_id, [(t.camera_id, t.track_id) for t in i.tracklets]) for i in again] == [
        (i.identity_id, [(t.camera_id, t.track_id) for t in i.tracklets]) for i in expected
    ]


def test_twins_in_view_together_stay_two(walk: Walk) -> None:
    look = np.eye(1, 16, dtype=np.float32)[0]
    tracklets = [walk("a", 1, 0, 5, look), walk("a", 2, 2, 7, look)]
    assert len(Associator().associate(tracklets)) == 2


def test_embeddings_of_two_lengths_are_an_error(walk: Walk) -> None:
    with pytest.raises(ValueError, match="one length, got 4 and 8"):
        Associator().associate(
            [
                walk("a", 1, 0, 1, np.eye(1, 4, dtype=np.float32)[0]),
                walk("a", 2, 0, 1, np.eye(1, 8, dtype=np.float32)[0]),
            ]
        )
