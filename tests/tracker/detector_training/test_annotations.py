"""The layouts people have: the same image and person in COCO, YOLO, a table and MOTChallenge."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from crosscam.base.errors import InputError
from tracker.detector_training.annotations import find_layout, read_coco, read_mot, read_table, read_yolo

BOX = [20.0, 10.0, 40.0, 60.0]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """`images/a.jpg` and `images/b.jpg`, 100 x 80 pixels."""
    (tmp_path / "images").mkdir()
    for name, grey in (("a", 60), ("b", 200)):
        cv2.imwrite(str(tmp_path / "images" / f"{name}.jpg"), np.full((80, 100, 3), grey, np.uint8))
    return tmp_path


def coco(**changes: object) -> dict:
    content = {
        "images": [{"id": 7, "file_name": "a.jpg"}, {"id": 8, "file_name": "b.jpg"}],
        "categories": [{"id": 1, "name": "Person"}, {"id": 2, "name": "dog"}],
        "annotations": [
            {"image_id": 7, "category_id": 1, "bbox": [20, 10, 20, 50]},
            {"image_id": 7, "category_id": 2, "bbox": [0, 0, 9, 9]},
            {"image_id": 7, "category_id": 1, "bbox": [50, 0, 30, 30], "iscrowd": 1},
        ],
    }
    return {**content, **changes}


def test_coco_people_count_crowds_are_ignored_dogs_are_nothing(folder: Path) -> None:
    (folder / "boxes.json").write_text(json.dumps(coco()), encoding="utf-8")
    first, second = read_coco(folder / "boxes.json")
    assert first.people.tolist() == [BOX]
    assert first.ignored.tolist() == [[50, 0, 80, 30]]
    assert first.read().shape == (80, 100, 3)
    assert abs(int(second.read().mean()) - 200) < 3
    assert (second.people.shape, second.ignored.shape) == ((0, 4), (0, 4))
    assert [image.name for image in read_coco(folder / "boxes.json", every=2)] == ["a.jpg"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (coco(categories=[{"id": 2, "name": "dog"}]), "no category named 'person'"),
        ({"images": []}, "not a COCO"),
        ([1, 2], "not a COCO"),
    ],
)
def test_coco_files_that_are_none(folder: Path, content: object, message: str) -> None:
    (folder / "boxes.json").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(InputError, match=message):
        read_coco(folder / "boxes.json")


def test_yolo_shares_become_pixels(folder: Path) -> None:
    (folder / "labels").mkdir()
    rows = "0 0.3 0.4375 0.2 0.625\n3 0.5 0.5 0.1 0.1\n"
    (folder / "labels" / "a.txt").write_text(rows, encoding="utf-8")
    first, second = read_yolo(folder)
    np.testing.assert_allclose(first.people, [BOX], atol=1e-4)
    assert second.people.shape == (0, 4)


def test_yolo_rows_of_another_width_are_refused(folder: Path) -> None:
    (folder / "labels").mkdir()
    (folder / "labels" / "b.txt").write_text("0 0.3 0.4 0.2\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"b\.txt"):
        read_yolo(folder)


def test_a_table_has_rows_without_people(folder: Path) -> None:
    rows = "image,width,x1,y1,x2,y2\na.jpg,100,20,10,40,60\na.jpg,100,0,0,5,9\nb.jpg,100,,,,\n"
    (folder / "labels.csv").write_text(rows, encoding="utf-8")
    first, second = read_table(folder / "labels.csv")
    assert first.people.tolist() == [BOX, [0, 0, 5, 9]]
    assert (second.name, second.people.shape) == ("b.jpg", (0, 4))


def test_mot_frames_keep_their_own_boxes(tmp_path: Path) -> None:
    (tmp_path / "gt").mkdir()
    (tmp_path / "img1").mkdir()
    for number in range(1, 5):
        cv2.imwrite(str(tmp_path / "img1" / f"{number:06d}.png"), np.full((80, 100, 3), 10 * number, np.uint8))
    rows = "1,1,20,10,20,50,1,1,1\n2,1,21,10,20,50,1,1,1\n3,1,22,10,20,50,1,1,0.1\n3,2,60,10,20,50,1,8,1\n"
    (tmp_path / "gt" / "gt.txt").write_text(rows, encoding="utf-8")
    first, third = read_mot(tmp_path, every=2)
    assert first.people.tolist() == [BOX]
    assert third.people.shape == (0, 4)
    assert third.ignored[:, 0].tolist() == [22, 60]  # hardly seen, and a distractor
    assert third.read()[0, 0, 0] == 30


def test_images_are_read_late_and_named_when_missing(folder: Path) -> None:
    (folder / "labels.csv").write_text("image,x1,y1,x2,y2\ngone.jpg,1,2,3,4\n", encoding="utf-8")
    image = read_table(folder / "labels.csv")[0]
    with pytest.raises(InputError, match=r"gone\.jpg"):
        image.read()


def test_layouts_are_found_by_their_files(folder: Path) -> None:
    assert find_layout(folder / "x.json") == "coco"
    assert find_layout(folder / "x.csv") == "table"
    with pytest.raises(InputError, match="expected a COCO"):
        find_layout(folder)
    (folder / "labels").mkdir()
    assert find_layout(folder) == "yolo"
    (folder / "gt").mkdir()
    (folder / "gt" / "gt.txt").touch()
    assert find_layout(folder) == "mot"


@pytest.mark.parametrize(
    ("reader", "name", "content"),
    [
        (read_table, "labels.csv", "image,x1,y1\na.jpg,1,2\n"),
        (read_table, "labels.csv", "image,x1,y1,x2,y2\na.jpg,1,2,three,4\n"),
        (read_coco, "boxes.json", "{"),
    ],
)
def test_malformed_files_are_one_line_that_names_them(folder: Path, reader: Callable, name: str, content: str) -> None:
    (folder / name).write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=name) as caught:
        reader(folder / name)
    assert "\n" not in str(caught.value)


def test_malformed_yolo_rows_are_one_line(folder: Path) -> None:
    (folder / "labels").mkdir()
    (folder / "labels" / "a.txt").write_text("0 0.3 x 0.2 0.1\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"a\.txt"):
        read_yolo(folder)
