from __future__ import annotations

import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from crosscam.base.errors import DatasetError
from reid.data import DATASETS
from reid.data.mars import gallery_indices, read_list, read_query_indices
from reid.evaluation.ranking import evaluate

Maker = Callable[[list[str]], Path]


def frames(person: str, camera: int, tracklet: int, count: int = 2) -> list[str]:
    return [f"{person}C{camera}T{tracklet:04d}F{f:03d}.jpg" for f in range(1, count + 1)]


def write_lists(info: Path, part: str, tracklets: list[tuple[str, int, int]]) -> list[str]:
    """The two files of one part with two frames per tracklet; returns the image names."""
    info.mkdir(exist_ok=True)
    names = [name for t in tracklets for name in frames(*t)]
    rows = [[2 * i + 1, 2 * i + 2, -1 if t[0] == "00-1" else int(t[0]), t[1]] for i, t in enumerate(tracklets)]
    (info / f"{part}_name.txt").write_bytes("\r\n".join(names).encode() + b"\r\n")
    savemat(str(info / f"tracks_{part}_info.mat"), {f"track_{part}_info": np.array(rows, np.int32)})
    return names


@pytest.fixture
def miniature(make_images: Maker, tmp_path: Path) -> Path:
    train = write_lists(tmp_path / "info", "train", [("0001", 1, 1), ("0001", 2, 2)])
    test = write_lists(
        tmp_path / "info", "test", [("00-1", 1, 1), ("0000", 2, 1), ("0002", 1, 1), ("0002", 3, 2), ("0004", 6, 1)]
    )
    savemat(str(tmp_path / "info" / "query_IDX.mat"), {"query_IDX": np.array([[3]], np.uint16)})
    images = [f"bbox_train/{n[:4]}/{n}" for n in train] + [f"bbox_test/{n[:4]}/{n}" for n in test]
    return make_images(images)


@pytest.mark.parametrize(("gallery", "people"), [("12180", [-1, 0, 2, 2, 4]), ("11310", [0, 2, 2, 4])])
def test_galleries(miniature: Path, gallery: str, people: list[int]) -> None:
    dataset = DATASETS["mars"].read(miniature, gallery=gallery)
    assert [s.person_id for s in dataset.gallery] == people
    assert dataset.protocol == f"gallery {gallery}"


def test_without_the_queries(miniature: Path) -> None:
    dataset = DATASETS["mars"].read(miniature, gallery="9330")
    assert [(s.person_id, s.camera_id) for s in dataset.gallery] == [(0, 2), (2, 3), (4, 6)]
    assert [(s.person_id, s.camera_id, len(s.paths)) for s in dataset.query] == [(2, 1, 2)]
    assert [p.name for p in dataset.query[0].paths] == frames("0002", 1, 1)
    with pytest.raises(ValueError, match="unknown MARS gallery"):
        DATASETS["mars"].read(miniature, gallery="1")


def test_absent_images_are_counted_and_left_out(miniature: Path) -> None:
    (miniature / "bbox_test" / "0002" / "0002C1T0001F001.jpg").unlink()
    for name in frames("0004", 6, 1):
        (miniature / "bbox_test" / "0004" / name).unlink()
    dataset = DATASETS["mars"].read(miniature)
    assert len(dataset.missing) == 3
    assert len(dataset.query[0].paths) == 1
    assert [s.person_id for s in dataset.gallery] == [0, 2, 2]


def test_tables_that_contradict_the_names_are_refused(miniature: Path) -> None:
    rows = np.array([[1, 2, 1, 1], [3, 4, 9, 2]], np.int32)
    savemat(str(miniature / "info" / "tracks_train_info.mat"), {"track_train_info": rows})
    with pytest.raises(DatasetError, match="says person 9, camera 2 for image '0001C2"):
        DATASETS["mars"].read(miniature)
    rows[1, 1] = 40
    savemat(str(miniature / "info" / "tracks_train_info.mat"), {"track_train_info": rows})
    with pytest.raises(DatasetError, match="must index the 4 names"):
        DATASETS["mars"].read(miniature)


def test_a_wrong_or_damaged_folder_is_one_line(miniature: Path, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="expected the MARS root"):
        DATASETS["mars"].read(tmp_path / "info")
    (miniature / "info" / "query_IDX.mat").write_bytes(b"no matlab here")
    with pytest.raises(DatasetError, match="not a MATLAB 5 file"):
        DATASETS["mars"].read(miniature)


@pytest.fixture(scope="module")
def official_info(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mars")
    with tarfile.open(shared / "data" / "mars" / "info.tar.xz") as archive:
        # Python 3.11.0 to 3.11.3 extract without a filter.
        archive.extraction_filter = getattr(tarfile, "data_filter", lambda member, _path: member)
        archive.extractall(folder)
    return folder / "info"


@pytest.mark.shared_data
def test_official_counts(official_info: Path) -> None:
    train, test = read_list(official_info, "train"), read_list(official_info, "test")
    queries = read_query_indices(official_info)
    assert (len(train.rows), len(test.rows), len(queries)) == (8298, 12180, 1980)
    assert len(set(train.persons.tolist())) == 625
    assert (train.lengths.sum(), test.lengths.sum()) == (509914, 681089)
    assert np.bincount(train.cameras)[1:].tolist() == [1816, 1957, 1321, 750, 1880, 574]
    assert np.bincount(test.cameras)[1:].tolist() == [2271, 3725, 1495, 1024, 2240, 1425]
    assert (np.sum(test.persons == -1), np.sum(test.persons == 0)) == (870, 3248)
    assert len(set(test.persons.tolist())) == 636
    assert len(set(test.persons[queries].tolist())) == 626
    assert (train.lengths.min(), np.median(train.lengths), train.lengths.max()) == (5, 36, 900)
    assert (test.lengths.min(), np.median(test.lengths), test.lengths.max()) == (2, 30, 920)
    sizes = {g: len(gallery_indices(test, queries, g)) for g in ("12180", "11310", "9330")}
    assert sizes == {"12180": 12180, "11310": 11310, "9330": 9330}


@pytest.mark.shared_data
def test_valid_queries_of_the_three_galleries(official_info: Path) -> None:
    test, queries = read_list(official_info, "test"), read_query_indices(official_info)
    embeddings = np.random.default_rng(0).normal(size=(len(test.rows), 8)).astype(np.float32)
    scores = {}
    for gallery, valid in (("12180", 1980), ("11310", 1980), ("9330", 1840)):
        rows = gallery_indices(test, queries, gallery)
        result = evaluate(
            -embeddings[queries] @ embeddings[rows].T,
            test.persons[queries],
            test.cameras[queries],
            test.persons[rows],
            test.cameras[rows],
        )
        assert result.valid.sum() == valid
        scores[gallery] = result.percent()
    assert scores["12180"] == scores["11310"]  # junk is ignored, so the first two are one protocol
