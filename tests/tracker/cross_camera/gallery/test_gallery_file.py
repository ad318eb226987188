"""Identities kept between runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from crosscam.base.errors import InputError
from tracker.cross_camera.gallery.gallery_file import recall_identities
from tracker.cross_camera.partition.associator import Associator
from tracker.structures import Tracklet

Crowd = Callable[..., tuple[list[Tracklet], list[int]]]


def test_the_same_people_get_the_same_numbers_the_next_day(tmp_path: Path, crowd: Crowd) -> None:
    file = tmp_path / "gallery.sqlite"
    today, _ = crowd(people=8, cameras=3)
    first = recall_identities(file, "net", Associator().associate(today))
    assert [identity.identity_id for identity in first] == list(range(1, 9))
    tomorrow = [t for t in today if t.track_id in (3, 6)]
    strangers = [t for t in crowd(people=4, cameras=3, seed=5)[0] if t.track_id == 1]
    again = recall_identities(file, "net", Associator().associate(tomorrow + strangers))
    numbers = {identity.identity_id: {t.track_id for t in identity.tracklets} for identity in again}
    assert numbers[3] == {3}
    assert numbers[6] == {6}
    assert numbers[9] == {1}
    assert len(numbers) == 3


def test_a_number_is_never_used_again(tmp_path: Path, crowd: Crowd) -> None:
    file = tmp_path / "gallery.sqlite"
    people, _ = crowd(people=5, cameras=2)
    recall_identities(file, "net", Associator().associate(people))
    bare = [type(t)(t.camera_id, t.track_id, t.frame_indices, t.times_s, t.boxes, t.scores) for t in people[:1]]
    assert [i.identity_id for i in recall_identities(file, "net", Associator().associate(bare))] == [6]
    assert [i.identity_id for i in recall_identities(file, "net", Associator().associate(bare))] == [7]


def test_another_model_is_refused_with_both_names(tmp_path: Path) -> None:
    file = tmp_path / "gallery.sqlite"
    recall_identities(file, "osnet", [])
    with pytest.raises(InputError, match="'osnet', this run uses 'pyramid'"):
        recall_identities(file, "pyramid", [])


def test_a_file_that_is_no_gallery(tmp_path: Path) -> None:
    file = tmp_path / "gallery.sqlite"
    file.write_bytes(b"not a database" * 100)
    with pytest.raises(InputError, match="cannot use gallery"):
        recall_identities(file, "net", [])
    assert np.frombuffer(file.read_bytes(), np.uint8).size == 1400
