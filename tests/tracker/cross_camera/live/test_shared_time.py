"""Which identity a corrected cluster keeps: hand-worked."""

from __future__ import annotations

from tracker.cross_camera.live.shared_time import SharedTime

A, B, C, D = ("hall", 1), ("hall", 2), ("door", 1), ("door", 2)


def test_each_cluster_keeps_the_identity_of_most_of_its_time() -> None:
    shared = SharedTime([[A, C], [B, D]], {A: 7, B: 8, C: 8, D: 8}, {A: 10.0, B: 4.0, C: 3.0, D: 2.0})
    assert shared.kept() == {0: 7, 1: 8}
    assert shared.given_up(0, shared.kept()) == []


def test_an_identity_of_two_people_stays_with_the_longer_part() -> None:
    shared = SharedTime([[A], [B]], {A: 5, B: 5}, {A: 3.0, B: 4.0})
    assert shared.kept() == {1: 5}


def test_the_shorter_identity_of_one_person_is_given_up() -> None:
    shared = SharedTime([[A, B]], {A: 5, B: 6}, {A: 3.0, B: 4.0})
    assert shared.kept() == {0: 6}
    assert shared.given_up(0, shared.kept()) == [5]
