from __future__ import annotations

import json
from pathlib import Path

import check_dataset
import cv2
import numpy as np
import pytest

from reid.data import DATASETS


@pytest.fixture
def market(tmp_path: Path) -> Path:
    root = tmp_path / "market"
    for part, people in (("bounding_box_train", (1, 2)), ("query", (3,)), ("bounding_box_test", (3,))):
        (root / part).mkdir(parents=True)
        for person in people:
            for camera in (1, 2):
                path = root / part / f"{person:04d}_c{camera}s1_000001_01.jpg"
                assert cv2.imwrite(str(path), np.zeros((8, 4, 3), np.uint8))
    return root


def check(root: Path, *arguments: str) -> int:
    return check_dataset.main(["--dataset", "market1501", "--root", str(root), *arguments])


def test_differences_from_a_complete_copy(market: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "found.json"
    assert check(market, "--json", str(file)) == 1
    report = json.loads(file.read_text())["splits"][0]
    assert report["different"]["train_samples"] == [4, 12936]
    assert report["found"]["query_identities"] == 1
    assert "-12932" in capsys.readouterr().out


def test_a_complete_copy(market: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = DATASETS["market1501"]
    monkeypatch.setitem(reader.expected, "train_samples", 4)
    for key in set(reader.expected) - {"train_samples"}:
        monkeypatch.delitem(reader.expected, key)
    assert check(market, "--images") == 0


def test_damaged_images_are_named(market: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (market / "query" / "0003_c1s1_000001_01.jpg").write_bytes(b"damaged")
    assert check(market, "--images") == 1
    assert "1 damaged:" in capsys.readouterr().out


def test_a_wrong_folder_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(tmp_path) == 2
    error = capsys.readouterr().err
    assert "bounding_box_train' not found" in error
    assert error.count("\n") == 1


def test_missing_files_of_every_split_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for camera in "ab":
        for person in (1, 2):
            folder = tmp_path / f"multi_shot/cam_{camera}/person_{person:04d}"
            folder.mkdir(parents=True)
            assert cv2.imwrite(str(folder / "0001.png"), np.zeros((8, 4, 3), np.uint8))
    split = {"train": ["person_0001", "person_0007"], "test": ["person_0002"]}
    (tmp_path / "splits_prid2011.json").write_text(json.dumps([split] * 10))
    assert check_dataset.main(["--dataset", "prid2011", "--root", str(tmp_path)]) == 1
    out = capsys.readouterr().out
    assert "2 missing:" in out
    assert "person_0007" in out


@pytest.mark.shared_data
def test_development_copy_of_market(shared: Path, tmp_path: Path) -> None:
    """The training part is complete, the test part is absent."""
    file = tmp_path / "found.json"
    assert check(shared / "data" / "market1501", "--json", str(file)) == 1
    report = json.loads(file.read_text())["splits"][0]
    assert (report["found"]["train_samples"], report["found"]["train_identities"]) == (12936, 751)
    assert report["different"] == {}
    assert [Path(path).name for path in report["missing"]] == ["query", "bounding_box_test"]
