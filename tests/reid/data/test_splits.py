from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crosscam.base.errors import DatasetError
from reid.data.samples import FolderListing, Sample, natural_key, require_folder
from reid.data.splits import choose_held_out, one_query_per_camera, random_halves, split_by_identity


def sample(person: int, camera: int, number: int = 0) -> Sample:
    return Sample((Path(f"{person}_{camera}_{number}.jpg"),), person, camera, number)


SAMPLES = st.lists(st.tuples(st.integers(-1, 8), st.integers(1, 4)), min_size=4, max_size=60).map(
    lambda pairs: [sample(p, c, i) for i, (p, c) in enumerate(pairs)]
)


@settings(max_examples=60, deadline=None)
@given(SAMPLES, st.integers(0, 100))
def test_a_held_out_split_shares_nobody_and_every_query_has_an_answer(samples: list[Sample], seed: int) -> None:
    try:
        held = choose_held_out(samples, 2, seed)
    except DatasetError:
        return
    train, rest = split_by_identity(samples, held)
    query, gallery = one_query_per_camera(rest, seed)
    assert len(train) + len(rest) == len(samples)
    assert not {s.person_id for s in train} & {s.person_id for s in rest}
    assert len({(s.person_id, s.camera_id) for s in query}) == len(query)
    for q in query:
        assert any(g.person_id == q.person_id and g.camera_id != q.camera_id for g in gallery)


def test_the_seed_decides_the_split() -> None:
    samples = [sample(p, c, i) for p in range(1, 40) for c in (1, 2) for i in range(3)]
    assert choose_held_out(samples, 10, 1) == choose_held_out(samples, 10, 1)
    assert choose_held_out(samples, 10, 1) != choose_held_out(samples, 10, 2)


def test_people_of_one_camera_are_never_held_out() -> None:
    samples = [sample(1, 1), sample(1, 2), sample(2, 1), sample(2, 1, 1), sample(0, 1), sample(0, 2), sample(-1, 2)]
    assert choose_held_out(samples, 1) == {1}
    with pytest.raises(DatasetError, match="cannot hold out 2 identities: 1 are seen"):
        choose_held_out(samples, 2)


def test_named_people_are_held_out_when_two_cameras_saw_them() -> None:
    samples = [sample(p, c) for p in (3, 4, 5) for c in (1, 2)] + [sample(6, 1)]
    assert choose_held_out(samples, [5, 3]) == {3, 5}
    with pytest.raises(DatasetError, match=r"cannot hold out identities \[6, 9\]"):
        choose_held_out(samples, [9, 3, 6])
    with pytest.raises(DatasetError, match="cannot hold out"):
        choose_held_out(samples, [])


def test_drawn_halves_are_disjoint_sorted_and_repeatable() -> None:
    names = [f"person_{i:04d}" for i in range(9)]
    halves = random_halves(names, 10, seed=3)
    assert halves == random_halves(list(reversed(names)), 10, seed=3)
    for train, test in halves:
        assert sorted(train + test) == names
        assert (len(train), len(test)) == (4, 5)
    assert len({tuple(test) for _, test in halves}) > 1


def test_names_sort_by_the_value_of_their_numbers() -> None:
    names = ["frame10.png", "frame9.png", "frame2.png", "a.png"]
    assert [p.name for p in sorted(map(Path, names), key=natural_key)] == [
        "a.png",
        "frame2.png",
        "frame9.png",
        "frame10.png",
    ]


def test_a_missing_folder_names_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "boxes").mkdir()
    with pytest.raises(DatasetError, match=r"bounding_box_train' not found; hint; '.*' holds: boxes"):
        require_folder(tmp_path / "bounding_box_train", "hint")


def test_listing_tells_present_from_absent(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").touch()
    found, absent = FolderListing().split([tmp_path / "a.jpg", tmp_path / "b.jpg", tmp_path / "no" / "c.jpg"])
    assert [p.name for p in found] == ["a.jpg"]
    assert [p.name for p in absent] == ["b.jpg", "c.jpg"]
