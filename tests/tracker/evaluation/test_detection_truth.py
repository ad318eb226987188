"""Ground truth of MOT15 and MOT16 files: who must be found, who may be, who is not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from crosscam.base.errors import DetectionsError
from tracker.evaluation.detection_truth import read_frame_truth


def write(folder: Path, text: str) -> Path:
    file = folder / "gt.txt"
    file.write_text(text, encoding="utf-8")
    return file


def test_rows_that_do_not_count_are_ignored(tmp_path: Path) -> None:
    rows = "1,1,10,20,30,60,1,1,1\n1,2,50,20,30,60,0,1,1\n1,3,90,20,30,60,1,8,1\n2,1,12,20,30,60,1,1,0.1\n"
    truth = read_frame_truth(write(tmp_path, rows), min_visibility=0.2)
    assert sorted(truth) == [1, 2]
    assert truth[1].people.tolist() == [[10, 20, 40, 80]]
    assert truth[1].ignored[:, 0].tolist() == [50, 90]
    assert len(truth[2].people) == 0
    assert len(truth[2].ignored) == 1


@pytest.mark.parametrize("tail", ["-1,-1,-1", "-4.15,-7.36,0"])
def test_columns_of_older_files_are_positions_not_classes(tmp_path: Path, tail: str) -> None:
    truth = read_frame_truth(write(tmp_path, f"1,1,10,20,30,60,1,{tail}\n"))
    assert len(truth[1].people) == 1


@pytest.mark.parametrize("text", ["1,1,10,20,30\n", "1,1,x,20,30,60,1\n", "1,1,10,20,30,60,1\n1,2\n"])
def test_malformed_files_are_one_line(tmp_path: Path, text: str) -> None:
    with pytest.raises(DetectionsError, match=r"gt\.txt") as caught:
        read_frame_truth(write(tmp_path, text))
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DetectionsError, match="nowhere"):
        read_frame_truth(tmp_path / "nowhere.txt")


@pytest.mark.shared_data
def test_real_sequences_have_the_published_number_of_boxes(shared: Path) -> None:
    """MOT15's own counts of the two TUD sequences."""
    for name, people in (("TUD-Campus", 359), ("TUD-Stadtmitte", 1156)):
        truth = read_frame_truth(shared / "data" / "mot" / name / "gt" / "gt.txt")
        assert sum(len(frame.people) for frame in truth.values()) == people


def test_small_people_are_ignored_when_asked(tmp_path: Path) -> None:
    file = write(tmp_path, "1,1,10,20,30,60,1,-1,-1,-1\n1,2,10,20,10,39,1,-1,-1,-1\n")
    assert len(read_frame_truth(file)[1].people) == 2
    truth = read_frame_truth(file, min_height_px=40)[1]
    assert (len(truth.people), len(truth.ignored)) == (1, 1)
