"""Reading ground truth and results."""

from __future__ import annotations

import numpy as np
import pytest

from crosscam.base.errors import DetectionsError
from tracker.evaluation.mot_data import MotData, read_ground_truth, read_mot_data, read_results


def test_columns_and_order(tmp_path):
    path = tmp_path / "cam.txt"
    path.write_text("2,5,10,20,30,40,0,1,0.5\n\n1,3,1.5,2,3,4,1,1,1\n", encoding="utf-8")
    data = read_mot_data(path, has_ignore_rows=True)
    assert data.frames.tolist() == [1, 2]
    assert data.ids.tolist() == [3, 5]
    np.testing.assert_allclose(data.boxes, [[1.5, 2, 4.5, 6], [10, 20, 40, 60]])
    assert data.counted.tolist() == [True, False]
    assert read_mot_data(path).counted.all()


def test_spaces_short_rows_and_empty_files(tmp_path):
    path = tmp_path / "cam.txt"
    path.write_text("1 3 1 2 3 4\n", encoding="utf-8")
    assert read_mot_data(path, has_ignore_rows=True).counted.tolist() == [True]
    path.write_text("", encoding="utf-8")
    assert len(read_mot_data(path)) == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1,1,2,3\n", "line 1: expected 6 columns or more"),
        ("1,1,2,3,4,5\n1,x,2,3,4,5\n", "line 2: could not convert"),
        ("1,1,2,nan,4,5\n", "line 1: .*finite"),
        ("0,1,2,3,4,5\n", "frames from 1"),
        ("1,-1,2,3,4,5\n", "line 1: identity -1; expected 0 or more"),
        ("1,1.5,2,3,4,5\n", "whole numbers"),
        ("1,1,2,3,-4,5\n", "no negative size"),
        ("1,1,2,3,4,5\n\n2,1,2,3,4,5\n1,1,9,3,4,5\n", "line 4: identity 1 twice in frame 1"),
    ],
)
def test_a_bad_row_is_named(tmp_path, text, message):
    path = tmp_path / "cam.txt"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DetectionsError, match=message) as error:
        read_mot_data(path)
    assert "cam.txt" in str(error.value)


def test_both_layouts_of_ground_truth(tmp_path):
    (tmp_path / "cam1.txt").write_text("1,1,2,3,4,5,1\n", encoding="utf-8")
    (tmp_path / "README.md").write_text("not ground truth", encoding="utf-8")
    sequence = tmp_path / "MOT-01"
    (sequence / "gt").mkdir(parents=True)
    (sequence / "gt" / "gt.txt").write_text("1,1,2,3,4,5,1\n", encoding="utf-8")
    (sequence / "seqinfo.ini").write_text("[Sequence]\nname=MOT-01\nseqLength=600\n", encoding="utf-8")
    truth = read_ground_truth(tmp_path)
    assert list(truth) == ["MOT-01", "cam1"]
    assert truth["MOT-01"].length == 600
    assert truth["cam1"].length is None


def test_missing_folders_and_files_are_named(tmp_path):
    with pytest.raises(DetectionsError, match="not found"):
        read_ground_truth(tmp_path / "nowhere")
    with pytest.raises(DetectionsError, match=r"expected <name>\.txt"):
        read_ground_truth(tmp_path)
    (tmp_path / "cam2.txt").write_text("", encoding="utf-8")
    with pytest.raises(DetectionsError, match=r"no results for 'cam1'.*cam2\.txt"):
        read_results(tmp_path, ["cam1"])
    with pytest.raises(DetectionsError, match="not found"):
        read_results(tmp_path / "nowhere", ["cam1"])


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ([1, 1, 2, np.nan, 4, 5], "row 2: a number is missing, NaN"),
        ([0, 1, 2, 3, 4, 5], "frames are counted from 1"),
        ([1, 1.5, 2, 3, 4, 5], "must be whole numbers"),
        ([1, 1, 2, 3, -4, 5], "must not be negative"),
    ],
)
def test_bad_rows_of_arrays_are_named(row, message):
    with pytest.raises(ValueError, match=message):
        MotData.from_rows([[1, 7, 0, 0, 1, 1], row])
