"""MOT text files: `frame,identity,left,top,width,height,score,-1,-1,-1`, frames from 1.

    write_mot(path, camera_tracks(result, "cam1"))
    rows = read_mot(path)                       # MotRows, frames from 0

MOTChallenge ground truth has the same first six columns, then a flag (0: not counted), a class and a visibility.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from crosscam.base.boxes import ltwh_to_xyxy, xyxy_to_ltwh
from crosscam.base.errors import DetectionsError
from crosscam.base.files import write_text
from tracker.formats.camera_tracks import CameraTracks

MIN_COLUMNS, MAX_COLUMNS = 6, 10
DEFAULTS = (0, 0, 0, 0, 0, 0, 1, -1, -1, -1)
"""Values of the columns that a file leaves out."""


@dataclass(frozen=True, eq=False)
class MotRows:
    """The rows of one MOT file, in the order of frame and identity.

    Attributes:
        frames: int64 (N,), from 0.
        ids: int64 (N,); -1 in files of detections.
        boxes: float32 (N, 4), (x1, y1, x2, y2).
        scores: float32 (N,), column 7: the score, or the flag of ground truth (0: not counted).
        classes: int64 (N,), column 8; -1 where there is none.
        visibility: float32 (N,), column 9; -1 where there is none.
    """

    frames: NDArray[np.int64]
    ids: NDArray[np.int64]
    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    classes: NDArray[np.int64]
    visibility: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.frames)


def format_rows(tracks: CameraTracks) -> str:
    """The lines of a MOT file, one per box."""
    columns = zip(
        (tracks.frames + 1).tolist(),
        tracks.identity_ids.tolist(),
        *xyxy_to_ltwh(tracks.boxes.astype(np.float64)).T.tolist(),
        tracks.scores.tolist(),
        strict=True,
    )
    return "".join(
        [f"{f},{i},{x:.2f},{y:.2f},{w:.2f},{h:.2f},{score:.4f},-1,-1,-1\n" for f, i, x, y, w, h, score in columns]
    )


def write_mot(path: Path, tracks: CameraTracks) -> None:
    """Write a camera's tracks; a camera without any gets an empty file.

    Raises:
        InputError: The file cannot be written.
    """
    write_text(path, format_rows(tracks))


def read_mot(path: Path, needs_identities: bool = True) -> MotRows:
    """Read ground truth or results.

    Args:
        path: Of the file; commas or white space separate its 6 to 10 columns.
        needs_identities: An identity below 1, or twice in one frame, is an error; files of detections have -1.

    Raises:
        DetectionsError: The file cannot be read, or a line is wrong; the message names file and line.
    """
    lines = list(_numbered_lines(path))
    table = np.array([_parse(path, number, text) for number, text in lines], np.float64).reshape(-1, MAX_COLUMNS)
    order = np.lexsort((table[:, 1], table[:, 0]))
    table = table[order]
    if needs_identities:
        _check_identities(path, table, np.array([number for number, _ in lines], np.int64)[order])
    return MotRows(
        frames=table[:, 0].astype(np.int64) - 1,
        ids=table[:, 1].astype(np.int64),
        boxes=ltwh_to_xyxy(table[:, 2:6]).astype(np.float32),
        scores=table[:, 6].astype(np.float32),
        classes=table[:, 7].astype(np.int64),
        visibility=table[:, 8].astype(np.float32),
    )


def _numbered_lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        content = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a text file"
        raise DetectionsError(f"cannot read {path}: {reason}; expected MOT text") from error
    return ((number, line) for number, line in enumerate(content.splitlines(), 1) if line.strip())


def _parse(path: Path, number: int, text: str) -> tuple[float, ...]:
    """The ten numbers of a line, checked."""
    fields = [field.strip() for field in text.strip().rstrip(",").split(",")] if "," in text else text.split()
    if not MIN_COLUMNS <= len(fields) <= MAX_COLUMNS:
        raise DetectionsError(f"{path}, line {number}: expected 6 to 10 columns, found {len(fields)}")
    try:
        values = tuple(float(field) for field in fields)
    except ValueError as error:
        raise DetectionsError(f"{path}, line {number}: {error}; expected numbers") from error
    if not all(np.isfinite(values)):
        raise DetectionsError(f"{path}, line {number}: found {text.strip()!r}; expected finite numbers")
    frame, identity, _, _, width, height = values[:MIN_COLUMNS]
    if frame < 1 or frame != int(frame) or identity != int(identity):
        found = f"frame {frame:g} and identity {identity:g}"
        raise DetectionsError(f"{path}, line {number}: {found}; expected whole numbers, frames from 1")
    if width < 0 or height < 0:
        raise DetectionsError(f"{path}, line {number}: box of {width:g} x {height:g}; expected no negative size")
    return values + DEFAULTS[len(values) :]


def _check_identities(path: Path, table: NDArray[np.float64], numbers: NDArray[np.int64]) -> None:
    below = np.flatnonzero(table[:, 1] < 1)
    if len(below):
        row = below[0]
        raise DetectionsError(f"{path}, line {numbers[row]}: identity {table[row, 1]:g}; expected 1 or more")
    doubled = np.flatnonzero((np.diff(table[:, 0]) == 0) & (np.diff(table[:, 1]) == 0))
    if len(doubled):
        row = doubled[0] + 1
        frame, identity = table[row, :2]
        raise DetectionsError(
            f"{path}, line {max(numbers[row - 1 : row + 1])}: identity {identity:g} twice in frame {frame:g}"
        )
