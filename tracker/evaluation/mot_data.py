"""Boxes with identities as evaluation takes them, and folders of them as MOT text files.

An identity occurs once in a frame, and column 7 of ground truth tells whether a row counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crosscam.base.boxes import ltwh_to_xyxy
from crosscam.base.errors import DetectionsError
from tracker.formats.mot import read_mot
from tracker.formats.seqinfo import read_sequence_info

MIN_COLUMNS = 6
COUNTED_COLUMN = 6
"""Column 7 of ground truth: 0 marks an ignore region."""


@dataclass(frozen=True, eq=False)
class MotData:
    """The boxes of one video, in order of frames.

    Attributes:
        frames: int64 (N,), from 1 as in the files.
        ids: int64 (N,), unique within a frame.
        boxes: float64 (N, 4), (x1, y1, x2, y2) in pixels.
        counted: bool (N,), False for ignore regions; all True in results.
        length: Number of frames of the video where it is known (`seqinfo.ini`), else None.
    """

    frames: NDArray[np.int64]
    ids: NDArray[np.int64]
    boxes: NDArray[np.float64]
    counted: NDArray[np.bool_]
    length: int | None = None

    def __post_init__(self) -> None:
        count = len(self.frames)
        for name, expected in (("frames", (count,)), ("ids", (count,)), ("boxes", (count, 4)), ("counted", (count,))):
            got = getattr(self, name).shape
            if got != expected:
                raise ValueError(f"{name} must have shape {expected}, got {got}")

    def __len__(self) -> int:
        return len(self.frames)

    def __getitem__(self, rows: NDArray | slice) -> MotData:
        """The rows chosen by a boolean mask, an index array or a slice."""
        return MotData(self.frames[rows], self.ids[rows], self.boxes[rows], self.counted[rows], self.length)

    @property
    def last_frame(self) -> int:
        """The last frame with a box, 0 without any."""
        return int(self.frames.max(initial=0))

    @classmethod
    def from_rows(cls, rows: ArrayLike, has_ignore_rows: bool = False, length: int | None = None) -> MotData:
        """Build from MOT rows.

        Args:
            rows: (N, >= 6): frame from 1, identity, left, top, width, height, then 0 for ignore (or a score), ...
            has_ignore_rows: Read column 7 as ground truth does; a result's column 7 is its score.
            length: Number of frames of the video, if known.

        Raises:
            ValueError: A row is not usable; the message tells the row, counted from 1, and why.
        """
        table = np.asarray(rows, np.float64)
        if table.size == 0:
            table = np.zeros((0, MIN_COLUMNS))
        if table.ndim != 2 or table.shape[1] < MIN_COLUMNS:
            raise ValueError(f"expected rows of at least {MIN_COLUMNS} columns, got an array of shape {table.shape}")
        _check_rows(table)
        counted = np.ones(len(table), bool)
        if has_ignore_rows and table.shape[1] > COUNTED_COLUMN:
            counted = table[:, COUNTED_COLUMN] != 0
        frames, ids = table[:, 0].astype(np.int64), table[:, 1].astype(np.int64)
        _check_unique(frames, ids)
        order = np.argsort(frames, kind="stable")
        return cls(frames[order], ids[order], ltwh_to_xyxy(table[order, 2:6]), counted[order], length)


def _check_rows(table: NDArray[np.float64]) -> None:
    """Raise ValueError for the first row that holds no box of a whole frame and identity."""
    box = table[:, :MIN_COLUMNS]
    finite = np.asarray(np.isfinite(box).all(axis=1))
    whole = np.where(finite[:, None], box[:, :2], 0) % 1 == 0
    tests: tuple[tuple[NDArray[np.bool_], str], ...] = (
        (finite, "a number is missing, NaN or infinite"),
        (np.asarray(whole.all(axis=1)), "frame and identity must be whole numbers"),
        (~finite | (box[:, 0] >= 1), "frames are counted from 1"),
        (~finite | (box[:, 1] >= 0), "an identity is 0 or more"),
        (~finite | (box[:, 4:6] >= 0).all(axis=1), "width and height must not be negative"),
    )
    for good, reason in tests:
        if not good.all():
            row = int(np.argmin(good))
            raise ValueError(f"row {row + 1}: {reason}, got {_shown(table[row])}")


def _shown(row: NDArray[np.float64]) -> str:
    return ",".join(f"{value:g}" for value in row[:MIN_COLUMNS])


def _check_unique(frames: NDArray[np.int64], ids: NDArray[np.int64]) -> None:
    """Raise ValueError when an identity occurs twice in a frame."""
    order = np.lexsort((ids, frames))
    same = (np.diff(frames[order]) == 0) & (np.diff(ids[order]) == 0)
    if same.any():
        row = int(order[1:][same][0])
        raise ValueError(f"identity {ids[row]} occurs twice in frame {frames[row]}")


def read_mot_data(path: Path, has_ignore_rows: bool = False, length: int | None = None) -> MotData:
    """Read one MOT text file of ground truth or results; an empty file holds no boxes.

    Raises:
        DetectionsError: The file is missing, not text, or a line is not usable.
    """
    rows = read_mot(path, "from 0")
    counted = rows.scores != 0 if has_ignore_rows else np.ones(len(rows), bool)
    return MotData(rows.frames + 1, rows.ids, ltwh_to_xyxy(rows.ltwh), counted, length)


def read_ground_truth(folder: Path) -> dict[str, MotData]:
    """Read every `<name>.txt` and `<name>/gt/gt.txt` of a folder, by name.

    Raises:
        InputError: There is no such folder or nothing in it, or a file is malformed.
    """
    if not folder.is_dir():
        raise DetectionsError(f"ground truth folder {folder} not found")
    files = {path.stem: path for path in folder.glob("*.txt")}
    sequences = {path.parent.parent.name: path for path in folder.glob("*/gt/gt.txt")}
    if twice := sorted(files.keys() & sequences.keys()):
        raise DetectionsError(f"{folder} holds both {twice[0]}.txt and {twice[0]}/gt/gt.txt")
    if not files and not sequences:
        raise DetectionsError(f"no ground truth in {folder}: expected <name>.txt or <name>/gt/gt.txt")
    data = {name: read_mot_data(path, has_ignore_rows=True) for name, path in files.items()}
    for name, path in sequences.items():
        data[name] = read_mot_data(
            path, has_ignore_rows=True, length=read_sequence_info(folder / name / "seqinfo.ini").frames
        )
    return dict(sorted(data.items()))


def read_results(folder: Path, names: Iterable[str]) -> dict[str, MotData]:
    """Read `<name>.txt` for every name of the ground truth.

    Raises:
        DetectionsError: A file is missing or malformed.
    """
    if not folder.is_dir():
        raise DetectionsError(f"results folder {folder} not found")
    results = {}
    for name in names:
        path = folder / f"{name}.txt"
        if not path.is_file():
            present = ", ".join(sorted(p.name for p in folder.glob("*.txt"))) or "no .txt file"
            raise DetectionsError(f"no results for {name!r}: expected {path}; the folder holds {present}")
        results[name] = read_mot_data(path)
    return results
