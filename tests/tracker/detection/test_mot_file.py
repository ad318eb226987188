"""Stored detections: both layouts, frames found again, and one clear line for every malformed file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from crosscam.base.errors import DetectionsError
from tracker.detection.mot_file import MotFileDetector, MotFileOptions, read_detections
from tracker.structures import Frame

IMAGE = np.zeros((20, 20, 3), np.uint8)


def detector(*files: Path, min_score: float = 0.1) -> MotFileDetector:
    options = MotFileOptions(files=tuple(map(str, files)), min_score=min_score)
    return MotFileDetector(options, [f"cam{i + 1}" for i in range(len(files))])


def test_text_rows_become_detections_of_their_frame(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("3,-1,10,20,30,40,0.8,-1,-1,-1\n1,-1,1,2,3,4,0.5,-1,-1,-1\n1,-1,5,5,5,5,0.05,-1,-1,-1\n")
    found = detector(file).detect([Frame("cam1", i, i / 10, IMAGE) for i in range(3)])
    assert [len(d) for d in found] == [1, 0, 1]
    np.testing.assert_array_equal(found[0].boxes, [[1, 2, 4, 6]])
    np.testing.assert_array_equal(found[2].boxes, [[10, 20, 40, 60]])
    assert found[2].scores[0] == pytest.approx(0.8)


def test_npy_rows_carry_embeddings_of_unit_length(tmp_path: Path) -> None:
    row = [1, -1, 0, 0, 10, 20, 0.9, -1, -1, -1, 3, 4]
    np.save(tmp_path / "a.npy", np.array([row], np.float32))
    (found,) = detector(tmp_path / "a.npy").detect([Frame("cam1", 0, 0.0, IMAGE)])
    assert found.embeddings is not None
    np.testing.assert_allclose(found.embeddings, [[0.6, 0.8]], rtol=1e-6)


def test_each_camera_has_its_own_file(tmp_path: Path) -> None:
    for name, left in (("a", 1), ("b", 2)):
        (tmp_path / f"{name}.txt").write_text(f"1,-1,{left},0,5,5,0.9\n")
    both = detector(tmp_path / "a.txt", tmp_path / "b.txt")
    found = both.detect([Frame("cam2", 0, 0.0, IMAGE), Frame("cam1", 0, 0.0, IMAGE)])
    assert [d.boxes[0, 0] for d in found] == [2, 1]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("1,-1,0,0,nan,5,0.9\n", "line 1: .*finite"),
        ("1,-1,0,0,5,5,0.9\n2,-1,0,0,-5,5,0.9\n", "line 2: box of -5 x 5"),
        ("\n0,-1,0,0,5,5,0.9\n", "line 2: frame 0"),
        ("1,-1,0,0,5,5,0.9\n3,-1,0,0,0,5,0.9\n", "a box of 0 x 5 in frame 3; expected a width and height above 0"),
        ("1,-1,0,0,5\n", "line 1: expected 6 columns or more, found 5"),
        ("1,-1,0,0,5,5,0.9\n1,2\n", "line 2: expected 6 columns or more, found 2"),
        ("frame,id,x\n", "line 1"),
    ],
)
def test_a_malformed_text_file_is_one_clear_line(tmp_path: Path, content: str, message: str) -> None:
    file = tmp_path / "bad.txt"
    file.write_text(content)
    with pytest.raises(DetectionsError, match=message) as error:
        read_detections(file)
    assert "bad.txt" in str(error.value)
    assert "\n" not in str(error.value)


def test_a_malformed_array_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "flat.npy", np.zeros(12, np.float32))
    with pytest.raises(DetectionsError, match=r"shape \(12,\)"):
        read_detections(tmp_path / "flat.npy")
    np.save(tmp_path / "pickled.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(DetectionsError, match=r"pickled\.npy"):
        read_detections(tmp_path / "pickled.npy")
    with pytest.raises(DetectionsError, match=r"none\.txt"):
        read_detections(tmp_path / "none.txt")


def test_one_file_per_video(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("")
    options = MotFileOptions(files=(str(tmp_path / "a.txt"),))
    with pytest.raises(DetectionsError, match="1 detections files for 2 videos"):
        MotFileDetector(options, ["cam1", "cam2"])
