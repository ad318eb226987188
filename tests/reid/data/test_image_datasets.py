"""Market-1501, CUHK03-NP, MSMT17."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from crosscam.base.errors import DatasetError
from reid.data import DATASETS
from reid.data.market1501 import read_images
from reid.data.samples import counts

Maker = Callable[[list[str]], Path]


def market_names(folder: str, people: range, cameras: tuple[int, ...] = (1, 2)) -> list[str]:
    return [f"{folder}/{p:04d}_c{c}s1_{f:06d}_01.jpg" for p in people for c in cameras for f in (100, 20)]


def test_market_official_split(make_images: Maker) -> None:
    names = market_names("bounding_box_train", range(1, 4)) + market_names("query", range(5, 7))
    names += market_names("bounding_box_test", range(5, 7))
    names += ["bounding_box_test/-1_c1s1_000001_00.jpg", "bounding_box_test/0000_c1s1_000001_00.jpg"]
    root = make_images(names)
    (root / "bounding_box_test" / "Thumbs.db").touch()
    dataset = DATASETS["market1501"].read(root)
    assert dataset.protocol == "official split"
    found = counts(dataset)
    assert (found["train_samples"], found["query_samples"]) == (12, 8)
    assert found["gallery_samples"] == 9  # junk is left out, the distractor stays
    assert found["gallery_identities"] == 2
    first = dataset.train[0]
    assert (first.person_id, first.camera_id, first.tracklet_id) == (1, 1, 1)


def test_market_with_its_training_part_only_holds_identities_out(make_images: Maker) -> None:
    root = make_images(market_names("bounding_box_train", range(1, 9)))
    dataset = DATASETS["market1501"].read(root, held_out=3, seed=1)
    assert "held-out 3 identities" in dataset.protocol
    found = counts(dataset)
    assert (found["train_identities"], found["query_identities"], found["query_samples"]) == (5, 3, 6)
    with pytest.raises(DatasetError, match="cannot hold out 150 identities: 8"):
        DATASETS["market1501"].read(root)


def test_market_of_a_wrong_folder_is_one_line(make_images: Maker) -> None:
    root = make_images(["holiday/img1.jpg"])
    with pytest.raises(DatasetError, match="bounding_box_train' not found") as error:
        DATASETS["market1501"].read(root)
    assert "\n" not in str(error.value)


def test_market_folder_with_other_images_is_refused(make_images: Maker) -> None:
    with pytest.raises(DatasetError, match="no image named like"):
        DATASETS["market1501"].read(make_images(["bounding_box_train/img1.jpg"]))


@pytest.mark.shared_data
def test_market_counts(shared: Path) -> None:
    images = read_images(shared / "data" / "market1501" / "bounding_box_train")
    assert len(images) == 12936
    assert len({s.person_id for s in images}) == 751


def test_cuhk03_reads_both_kinds_of_boxes(make_images: Maker) -> None:
    parts = ("bounding_box_train", "query", "bounding_box_test")
    names = [f"detected/{part}/0001_c{c}_11.png" for part in parts for c in (1, 2)]
    root = make_images([*names, *[f"labeled/{part}/0002_c1_{i}.png" for part in parts for i in (1, 2, 3)]])
    assert counts(DATASETS["cuhk03"].read(root))["gallery_samples"] == 2
    labeled = DATASETS["cuhk03"].read(root, boxes="labeled")
    assert counts(labeled)["gallery_samples"] == 3
    assert labeled.protocol.endswith("labeled boxes")
    with pytest.raises(ValueError, match="boxes"):
        DATASETS["cuhk03"].read(root, boxes="both")


def msmt17(make_images: Maker, absent: str = "") -> Path:
    lists = {
        "list_train.txt": ("train", ["0000/0000_000_01_0303morning_0008_0.jpg 0"]),
        "list_val.txt": ("train", ["0000/0000_001_05_0303morning_0008_1.jpg 0"]),
        "list_query.txt": ("test", ["0000/0000_000_14_0303noon_0008_0.jpg 0"]),
        "list_gallery.txt": (
            "test",
            ["0000/0000_001_02_0303noon_0008_0.jpg 0", "0001/0001_001_02_0303noon_0008_0.jpg 1"],
        ),
    }
    names = [f"{folder}/{line.rpartition(' ')[0]}" for folder, lines in lists.values() for line in lines]
    root = make_images([name for name in names if not absent or absent not in name])
    for file, (_, lines) in lists.items():
        (root / file).write_text("\n".join(lines) + "\n")
    return root


def test_msmt17_test_people_are_not_training_people(make_images: Maker) -> None:
    dataset = DATASETS["msmt17"].read(msmt17(make_images))
    assert {s.person_id for s in dataset.train} == {1}
    assert [s.person_id for s in dataset.gallery] == [1042, 1043]
    assert dataset.query[0].camera_id == 14
    assert dataset.missing == ()


def test_msmt17_counts_absent_images(make_images: Maker) -> None:
    dataset = DATASETS["msmt17"].read(msmt17(make_images, absent="0001/0001_001"))
    assert [path.name for path in dataset.missing] == ["0001_001_02_0303noon_0008_0.jpg"]
    assert len(dataset.gallery) == 1


def test_msmt17_names_the_malformed_line(make_images: Maker) -> None:
    root = msmt17(make_images)
    (root / "list_val.txt").write_text("0000/0000_001_05_x.jpg\n")
    with pytest.raises(DatasetError, match=r"list_val.txt:1: expected"):
        DATASETS["msmt17"].read(root)
