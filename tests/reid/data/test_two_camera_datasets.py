"""PRID-2011 and iLIDS-VID."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from crosscam.base.errors import DatasetError
from reid.data import DATASETS
from reid.data.prid2011 import read_splits
from reid.data.samples import counts

Maker = Callable[[list[str]], Path]


def prid(make_images: Maker, people: range = range(1, 7), frames: int = 3) -> Path:
    base = "prid_2011/multi_shot"
    # Written backwards: the readers must not depend on the order of the directory.
    names = [f"{base}/cam_{c}/person_{p:04d}/{f:04d}.png" for c in "ab" for p in people for f in range(frames, 0, -1)]
    return make_images(names[::-1])


def test_prid_official_splits(make_images: Maker) -> None:
    root = prid(make_images)
    names = [f"person_{p:04d}" for p in range(1, 7)]
    splits = [{"train": names[:3], "test": names[3:]}, {"train": names[3:], "test": names[:3]}]
    (root / "splits_prid2011.json").write_text(json.dumps(splits))
    dataset = DATASETS["prid2011"].read(root, split=1)
    assert dataset.protocol == "official splits, split 1 of 2"
    assert [(s.person_id, s.camera_id) for s in dataset.query] == [(1, 1), (2, 1), (3, 1)]
    assert [(s.person_id, s.camera_id) for s in dataset.gallery] == [(1, 2), (2, 2), (3, 2)]
    assert [p.name for p in dataset.query[0].paths] == ["0001.png", "0002.png", "0003.png"]
    assert counts(dataset)["train_samples"] == 6
    with pytest.raises(DatasetError, match="split must be 0 to 1"):
        DATASETS["prid2011"].read(root, split=2)


def test_prid_split_that_names_absent_people(make_images: Maker) -> None:
    root = prid(make_images)
    file = root / "mine.json"
    file.write_text(json.dumps([{"train": ["person_0001", "person_0099"], "test": ["person_0002"]}]))
    dataset = DATASETS["prid2011"].read(root, split_file=file)
    assert [p.name for p in dataset.missing] == ["person_0099", "person_0099"]
    file.write_text(json.dumps([{"train": ["person_0001"], "test": ["person_0098"]}]))
    with pytest.raises(DatasetError, match="none of the 1 people of the split, such as 'person_0098'"):
        DATASETS["prid2011"].read(root, split_file=file)


@pytest.mark.parametrize("content", ["no json", "[1]", '[{"train": ["a"]}]', '[{"train": ["a"], "test": ["a"]}]'])
def test_prid_malformed_split_files(tmp_path: Path, content: str) -> None:
    file = tmp_path / "splits.json"
    file.write_text(content)
    with pytest.raises(DatasetError, match=r"splits\.json"):
        read_splits(file)


def test_prid_draws_splits_where_the_file_is_absent(make_images: Maker) -> None:
    root = prid(make_images, people=range(197, 204))  # 201 and later are different people in the two cameras
    dataset = DATASETS["prid2011"].read(root, split=4, min_frames=3, seed=1)
    assert dataset.protocol == "drawn splits, seed 1, 3 frames, split 4 of 10"
    people = {s.person_id for s in dataset.train} | {s.person_id for s in dataset.query}
    assert people == {197, 198, 199, 200}
    assert {s.person_id for s in dataset.query} == {s.person_id for s in dataset.gallery}
    with pytest.raises(DatasetError, match="share 0 people with 27 frames"):
        DATASETS["prid2011"].read(root)


@pytest.mark.shared_data
def test_prid_official_file(shared: Path) -> None:
    splits = read_splits(shared / "data" / "prid2011" / "splits_prid2011.json")
    assert [(len(train), len(test)) for train, test in splits] == [(89, 89)] * 10
    assert len({name for split in splits for part in split for name in part}) == 178


def ilids(make_images: Maker) -> Path:
    people = (1, 2, 5, 9)  # directory numbers have gaps
    frames = (317, 1318, 98)
    return make_images(
        [
            f"i-LIDS-VID/sequences/cam{c}/person{p:03d}/cam{c}_person{p:03d}_{f:05d}.png"
            for c in (1, 2)
            for p in reversed(people)
            for f in frames
        ]
    )


def test_ilids_official_splits_index_the_sorted_people(make_images: Maker) -> None:
    root = ilids(make_images)
    folder = root / "train-test people splits"
    folder.mkdir()
    savemat(str(folder / "train_test_splits_ilidsvid.mat"), {"ls_set": np.array([[3, 1, 2, 4], [1, 2, 3, 4]])})
    dataset = DATASETS["ilids_vid"].read(root)
    assert [s.person_id for s in dataset.query] == [5, 1]  # the first half is the test part
    assert {s.person_id for s in dataset.train} == {2, 9}
    assert [p.name[-9:-4] for p in dataset.query[0].paths] == ["00098", "00317", "01318"]


def test_ilids_without_a_split_file_and_with_a_wrong_one(make_images: Maker) -> None:
    root = ilids(make_images)
    assert DATASETS["ilids_vid"].read(root, split=9).protocol == "drawn splits, seed 0, split 9 of 10"
    savemat(str(root / "train_test_splits_ilidsvid.mat"), {"ls_set": np.arange(1, 301)[None]})
    with pytest.raises(DatasetError, match="indexes people 1 to 300, but 4 folders"):
        DATASETS["ilids_vid"].read(root)
