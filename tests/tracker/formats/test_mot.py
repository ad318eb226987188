"""MOT text: what is written, and strict reading."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosscam.base.errors import DetectionsError
from tracker.formats.camera_tracks import CameraTracks, camera_tracks
from tracker.formats.mot import format_rows, read_mot, write_mot
from tracker.structures import TrackingResult


def tracks(rows: list[tuple[int, int, float, float, float, float, float]]) -> CameraTracks:
    table = np.array(rows, np.float64).reshape(-1, 7)
    return CameraTracks(
        table[:, 0].astype(np.int64),
        table[:, 1].astype(np.int64),
        table[:, 2:6].astype(np.float32),
        table[:, 6].astype(np.float32),
    )


def test_a_line_has_ten_columns_and_frames_from_one() -> None:
    assert format_rows(tracks([(0, 7, 10, 20, 40.5, 100, 0.875)])) == "1,7,10.00,20.00,30.50,80.00,0.8750,-1,-1,-1\n"


def test_rows_are_ordered_by_frame_and_identity(result: TrackingResult) -> None:
    lines = format_rows(camera_tracks(result, "cam1")).splitlines()
    keys = [tuple(int(field) for field in line.split(",")[:2]) for line in lines]
    assert keys == sorted(keys)
    assert len(keys) == 20
    assert keys[4:8] == [(5, 1), (6, 1), (6, 2), (7, 1)]


def test_results_survive_writing_and_reading(tmp_path: Path, result: TrackingResult) -> None:
    written = camera_tracks(result, "cam1")
    write_mot(tmp_path / "cam1.txt", written)
    rows = read_mot(tmp_path / "cam1.txt")
    assert np.array_equal(rows.frames, written.frames)
    assert np.array_equal(rows.ids, written.identity_ids)
    assert np.allclose(rows.boxes, written.boxes, atol=0.02)
    assert np.allclose(rows.scores, written.scores, atol=1e-4)
    assert rows.classes.tolist() == [-1] * 20


def test_a_camera_without_people_has_an_empty_file(tmp_path: Path, result: TrackingResult) -> None:
    write_mot(tmp_path / "cam3.txt", camera_tracks(result, "cam3"))
    assert (tmp_path / "cam3.txt").read_text() == ""
    assert len(read_mot(tmp_path / "cam3.txt")) == 0


def test_ground_truth_has_flag_class_and_visibility(tmp_path: Path) -> None:
    file = tmp_path / "gt.txt"
    file.write_text("2,1,10,20,30,40,0,7,0.25\n\n1 3 1 2 3 4\n", encoding="utf-8-sig")
    rows = read_mot(file)
    assert rows.frames.tolist() == [0, 1]
    assert rows.boxes.tolist() == [[1, 2, 4, 6], [10, 20, 40, 60]]
    assert rows.scores.tolist() == [1, 0]
    assert rows.classes.tolist() == [-1, 7]
    assert rows.visibility.tolist() == [-1, 0.25]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("1,1,2,3", "expected 6 columns or more, found 4"),
        ("1,1,a,3,4,5", "could not convert string to float: 'a'; expected numbers"),
        ("1,1,nan,3,4,5,1", "expected finite numbers"),
        ("1,1,1e999,3,4,5,1", "expected finite numbers"),
        ("1,,2,3,4,5,6", "an empty column"),
        ("1e300,1,2,3,4,5", "expected whole numbers"),
        ("1,1,2,3,4,5,1,-1,-1,-1,0.5", "expected 10 columns as before, found 11"),
        ("0,1,2,3,4,5", "frame 0 and identity 1; expected whole numbers, frames from 1"),
        ("1.5,1,2,3,4,5", "frame 1.5 and identity 1"),
        ("1,1,2,3,-4,5", "box of -4 x 5; expected no negative size"),
        ("1,-1,2,3,4,5", "identity -1; expected 1 or more"),
        ("4,9,2,3,4,5", "identity 9 twice in frame 4"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, line: str, message: str) -> None:
    file = tmp_path / "cam1.txt"
    file.write_text(f"4,9,0,0,5,5\n{line}\n5,9,0,0,5,5\n")
    with pytest.raises(DetectionsError) as caught:
        read_mot(file)
    assert str(caught.value).startswith(f"{file}, line 2: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_detections_need_no_identities(tmp_path: Path) -> None:
    (tmp_path / "det.txt").write_text("1,-1,2,3,4,5,0.5\n1,-1,3,3,4,5,0.6\n")
    assert len(read_mot(tmp_path / "det.txt", "any")) == 2


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00binary"])
def test_a_file_that_is_no_text_is_one_line(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "x.txt").write_bytes(content)
    with pytest.raises(DetectionsError, match=r"cannot read .*x\.txt: .*; expected MOT text"):
        read_mot(tmp_path / "x.txt")


boxes = st.tuples(*[st.floats(-1000, 5000, width=32)] * 2, *[st.floats(0, 2000, width=32)] * 2)
SPELLINGS = st.tuples(
    st.sampled_from([",", " ", "\t", ", ", "  "]),
    st.sampled_from(["\n", "\r\n", "\n\n", " \n"]),
    st.sampled_from(["", "\ufeff"]),
    st.sampled_from(["", " ", ","]),
    st.sampled_from(["", "\n", "\r\n\r\n"]),
)


@given(st.lists(boxes, min_size=1, max_size=8), SPELLINGS, st.integers(6, 10))
def test_every_spelling_is_read_to_the_same_values(
    tmp_path_factory: pytest.TempPathFactory, content: list, spelling: tuple, columns: int
) -> None:
    separator, end, mark, tail, last = spelling
    rows = [[row + 1, 5, *box, 0.5, 2, 0.25, -1][:columns] for row, box in enumerate(content)]
    lines = [separator.join(map(str, row)) + tail for row in rows]
    file = tmp_path_factory.mktemp("mot") / "a.txt"
    file.write_bytes((mark + end.join(lines) + last).encode())
    read = read_mot(file)
    assert read.frames.tolist() == list(range(len(rows)))
    assert read.ltwh.tolist() == [list(map(float, box)) for box in content]
    assert read.scores.tolist() == [0.5 if columns > 6 else 1.0] * len(rows)
    assert read.classes.tolist() == [2 if columns > 7 else -1] * len(rows)
    assert read.visibility.tolist() == [0.25 if columns > 8 else -1.0] * len(rows)
    assert read.embeddings.shape == (len(rows), 0)


@given(st.lists(boxes, min_size=2, max_size=8), st.data())
def test_rows_of_different_lengths_have_defaults(
    tmp_path_factory: pytest.TempPathFactory, content: list, data: st.DataObject
) -> None:
    """The careful path against the quick one: cut off columns are those that a shorter file leaves out."""
    lengths = [data.draw(st.integers(6, 10)) for _ in content]
    full = [[row + 1, 5, *box, 1, -1, -1, -1] for row, box in enumerate(content)]
    folder = tmp_path_factory.mktemp("mot")
    for name, cuts in (("cut.txt", lengths), ("full.txt", [10] * len(full))):
        lines = [",".join(map(str, row[:cut])) for row, cut in zip(full, cuts, strict=True)]
        (folder / name).write_text("\n".join(lines))
    cut, whole = read_mot(folder / "cut.txt"), read_mot(folder / "full.txt")
    for field in ("frames", "ids", "ltwh", "scores", "classes", "visibility"):
        assert np.array_equal(getattr(cut, field), getattr(whole, field)), field


def test_an_array_has_the_same_columns(tmp_path: Path) -> None:
    np.save(
        tmp_path / "a.npy",
        np.array([[2, 1, 1, 2, 3, 4, 0.5, -1, -1, -1, 6, 8], [1, 1, 1, 2, 3, 4, 1, -1, -1, -1, 0, 1]]),
    )
    rows = read_mot(tmp_path / "a.npy")
    assert rows.frames.tolist() == [0, 1]
    assert rows.embeddings.tolist() == [[0, 1], [6, 8]]
    np.save(tmp_path / "b.npy", np.array([[1, 1, 1, 2, 3, 4], [0, 1, 1, 2, 3, 4]]))
    with pytest.raises(DetectionsError, match=r"b\.npy, row 2: frame 0"):
        read_mot(tmp_path / "b.npy")


def test_a_header_that_claims_more_than_there_is_takes_no_memory(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros((2, 7)))
    content = (tmp_path / "a.npy").read_bytes().replace(b"(2, 7)", b"(9999999999, 7)")
    (tmp_path / "a.npy").write_bytes(content)
    with pytest.raises(DetectionsError, match=r"a\.npy"):
        read_mot(tmp_path / "a.npy")


@given(st.dictionaries(st.tuples(st.integers(0, 10**6), st.integers(1, 10**6)), boxes, max_size=20))
def test_any_rows_survive(tmp_path_factory: pytest.TempPathFactory, content: dict) -> None:
    rows = [(*key, x, y, x + w, y + h, 0.5) for key, (x, y, w, h) in sorted(content.items())]
    file = tmp_path_factory.mktemp("mot") / "a.txt"
    write_mot(file, tracks(rows))
    read = read_mot(file)
    assert list(zip(read.frames.tolist(), read.ids.tolist(), strict=True)) == sorted(content)
    assert np.allclose(read.boxes, tracks(rows).boxes, atol=0.03)


@pytest.mark.shared_data
def test_ground_truth_of_the_development_data(shared: Path) -> None:
    assert len(read_mot(shared / "data/mot/TUD-Campus/gt/gt.txt")) == 359
    rows = read_mot(shared / "data/mot/PETS09-S2L1/det/det.txt", "any")
    assert rows.frames[0] == 0
