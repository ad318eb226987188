"""DukeMTMC-VideoReID, LS-VID and folders of tracklets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from crosscam.base.errors import DatasetError
from reid.data import DATASETS
from reid.data.samples import counts

Maker = Callable[[list[str]], Path]


def test_duke_reads_both_namings(make_images: Maker) -> None:
    new = [f"train/0001/0003/0001_C6_F{f:04d}_X30823.jpg" for f in (2, 10)]
    old = ["query/0002/0001/0002C3F0099X30823.jpg", "gallery/0002/0001/0002C5F0099X30823.jpg"]
    dataset = DATASETS["duke_video"].read(make_images(new + old))
    assert (dataset.train[0].camera_id, dataset.train[0].tracklet_id, len(dataset.train[0].paths)) == (6, 3, 2)
    assert (dataset.query[0].camera_id, dataset.gallery[0].camera_id) == (3, 5)


def test_duke_names_the_empty_tracklet(make_images: Maker) -> None:
    root = make_images(["train/0001/0003/0001_C6_F0002_X30823.jpg"])
    (root / "query" / "0002" / "0001").mkdir(parents=True)
    with pytest.raises(DatasetError, match="0002/0001' holds no image"):
        DATASETS["duke_video"].read(root)


def ls_vid(make_images: Maker) -> Path:
    h5py = pytest.importorskip("h5py")
    names = ["tracklet_train/0001/0001_1_03_0001", "tracklet_test/0007/0007_1_15_0002", "tracklet_test/0007/0007_2_4_1"]
    images = [f"{name}_{f}.jpg" for name in names for f in (2, 10, 1)]
    # The same tracklet number with one digit more is another tracklet.
    root = make_images([*images, "tracklet_test/0007/0007_1_14_0002_1.jpg"])
    lists = root / "info" / "list_sequence"
    lists.mkdir(parents=True)
    (lists / "list_seq_train.txt").write_text(f"{names[0]} 1\n")
    (lists / "list_seq_test.txt").write_text(f"{names[1]} 7\n{names[2]} 7\ntracklet_test/0008/0008_1_01_1 8\n")
    (root / "info" / "data").mkdir()
    with h5py.File(root / "info" / "data" / "info_test.mat", "w") as file:
        file["query"] = np.array([[1.0]])
    return root


def test_ls_vid_lists(make_images: Maker) -> None:
    dataset = DATASETS["ls_vid"].read(ls_vid(make_images))
    assert [(s.person_id, s.camera_id) for s in dataset.gallery] == [(7, 15), (7, 4)]
    assert [p.name for p in dataset.query[0].paths] == [f"0007_1_15_0002_{f}.jpg" for f in (1, 2, 10)]
    assert [p.name for p in dataset.missing] == ["0008_1_01_1"]


def test_ls_vid_malformed_line_and_query_list(make_images: Maker) -> None:
    root = ls_vid(make_images)
    (root / "info" / "data" / "info_test.mat").write_bytes(b"not hdf5")
    with pytest.raises(DatasetError, match="not an HDF5 file"):
        DATASETS["ls_vid"].read(root)
    (root / "info" / "list_sequence" / "list_seq_train.txt").write_text("nonsense 1\n")
    with pytest.raises(DatasetError, match=r"list_seq_train.txt:1: expected"):
        DATASETS["ls_vid"].read(root)


def test_tracklets_ask_each_other(make_images: Maker) -> None:
    root = make_images([f"{t}/{f:02d}.jpg" for t in ("0002C1T0012", "0002C6T0037", "0010C5T0004") for f in (1, 0)])
    (root / "notes").mkdir()
    dataset = DATASETS["tracklets"].read(root)
    assert dataset.query == dataset.gallery
    assert [(s.person_id, s.camera_id, s.tracklet_id) for s in dataset.query] == [(2, 1, 12), (2, 6, 37), (10, 5, 4)]
    assert [p.name for p in dataset.query[0].paths] == ["00.jpg", "01.jpg"]


def test_tracklets_with_held_out_identities(make_images: Maker) -> None:
    root = make_images([f"{p:04d}C{c}T0001/00.jpg" for p in range(1, 6) for c in (1, 2)])
    found = counts(DATASETS["tracklets"].read(root, held_out=2))
    assert (found["train_identities"], found["query_identities"], found["gallery_samples"]) == (3, 2, 4)


def test_an_empty_tracklet_and_a_folder_without_tracklets_are_refused(make_images: Maker, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no image named like"):
        DATASETS["tracklets"].read(make_images(["person1/0.jpg"]))
    (tmp_path / "0002C1T0012").mkdir()
    with pytest.raises(DatasetError, match="0002C1T0012' holds no images"):
        DATASETS["tracklets"].read(tmp_path)


@pytest.mark.shared_data
def test_mars_tracklet_folder(shared: Path) -> None:
    found = counts(DATASETS["tracklets"].read(shared / "data" / "mars_tracklets"))
    assert (found["query_samples"], found["query_images"], found["query_identities"]) == (776, 6208, 294)
