"""Sources of several layouts together: held-out part, crops, and what is missing."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from crosscam.base.errors import InputError
from tracker.detector_training.data import load_data
from tracker.detector_training.options import SourceOptions, TrainingOptions


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A YOLO folder with 20 images and a table with 4, one person in each."""
    for name, count in (("yolo", 20), ("table", 4)):
        (tmp_path / name / "images").mkdir(parents=True)
        for n in range(count):
            cv2.imwrite(str(tmp_path / name / "images" / f"{n}.jpg"), np.full((60, 80, 3), n, np.uint8))
    (tmp_path / "yolo" / "labels").mkdir()
    for n in range(20):
        (tmp_path / "yolo" / "labels" / f"{n}.txt").write_text("0 0.5 0.5 0.25 0.5\n", encoding="utf-8")
    rows = "".join(f"{n}.jpg,10,10,30,50\n" for n in range(4))
    (tmp_path / "table" / "labels.csv").write_text("image,x1,y1,x2,y2\n" + rows, encoding="utf-8")
    return tmp_path


def options(*sources: SourceOptions, **more: object) -> TrainingOptions:
    return TrainingOptions.model_validate({"sources": [s.model_dump() for s in sources], **more})


def test_sources_are_added_up_and_split_each_by_its_share(root: Path) -> None:
    sources = SourceOptions(path="yolo", held_out=0.5), SourceOptions(path="table/labels.csv", held_out=0, every=2)
    data = load_data(options(*sources), root)
    assert len(data.samples) + len(data.held_out) == 22
    assert 3 <= len(data.held_out) <= 17
    assert data.people == len(data.samples)
    assert data.crops is None
    assert data.samples[0].people.tolist() == [[30, 15, 50, 45]]


def test_crops_to_paste_are_read(root: Path) -> None:
    source = SourceOptions(path="table/labels.csv")
    data = load_data(options(source, paste_from="yolo/images", paste_people=5), root)
    assert data.crops is not None
    assert data.crops.shape == (5, 128, 64, 3)


@pytest.mark.parametrize(
    ("sources", "message"), [((), "nothing to train on"), ((SourceOptions(path="gone"),), "gone not found")]
)
def test_what_is_missing_is_said(root: Path, sources: tuple[SourceOptions, ...], message: str) -> None:
    with pytest.raises(InputError, match=message):
        load_data(options(*sources), root)
