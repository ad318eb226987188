"""The numbers of a MOT file as a table, and what is wrong with them, by line."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crosscam.base.errors import DetectionsError

MIN_COLUMNS, MOT_COLUMNS = 6, 10
DEFAULTS = (1.0, -1.0, -1.0, -1.0)
"""Values of columns 7 to 10 where a file leaves them out."""
EMPTY_FIELD = re.compile(r",\s*,|^\s*,", re.MULTILINE)
MAX_WHOLE = 2.0**53
"""Frames and identities beyond are no longer whole numbers in the file's own arithmetic."""

Table = NDArray[np.float64]


def read_text(path: Path) -> tuple[Table, NDArray[np.int64]]:
    """The rows of a text file, float64 (N, 10 or more), and the line of each in the file, from 1.

    Raises:
        DetectionsError: It cannot be read, is no text, or a line is not made of numbers.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a text file"
        raise DetectionsError(f"cannot read {path}: {reason}; expected MOT text") from error
    kept = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    lines = np.array([number for number, _ in kept], np.int64)
    if not kept:
        return np.zeros((0, MOT_COLUMNS)), lines
    table = None if EMPTY_FIELD.search(text) else _quickly(text)
    return (_carefully(path, kept) if table is None else _filled(table)), lines


def _quickly(text: str) -> Table | None:
    """The rows of a file in which all are alike; None where they are not, or are too short."""
    try:
        table = np.loadtxt(io.StringIO(text.replace(",", " ")), ndmin=2, comments=None)
    except ValueError:
        return None
    return table if table.shape[1] >= MIN_COLUMNS else None


def _carefully(path: Path, kept: list[tuple[int, str]]) -> Table:
    """The same line by line, for files whose rows differ, and to name the first wrong line."""
    rows: list[list[float]] = []
    for number, line in kept:
        place = f"{path}, line {number}"
        if EMPTY_FIELD.search(line):
            raise DetectionsError(f"{place}: an empty column in {line.strip()[:60]!r}; expected numbers")
        fields = line.replace(",", " ").split()
        if len(fields) < MIN_COLUMNS:
            raise DetectionsError(f"{place}: expected 6 columns or more, found {len(fields)}")
        if rows and max(len(fields), len(rows[0])) > MOT_COLUMNS and len(fields) != len(rows[0]):
            raise DetectionsError(f"{place}: expected {len(rows[0])} columns as before, found {len(fields)}")
        try:
            values = [float(field) for field in fields]
        except ValueError as error:
            raise DetectionsError(f"{place}: {str(error)[:120]}; expected numbers") from error
        rows.append([*values, *DEFAULTS[len(values) - MIN_COLUMNS :]])
    return np.array(rows, np.float64)


def read_array(path: Path) -> tuple[Table, NDArray[np.int64]]:
    """The rows of a `.npy` file, float64 (N, 10 or more), and their numbers from 1.

    Raises:
        DetectionsError: It cannot be read or holds something else; nothing is unpickled.
    """
    try:
        rows = np.load(path, mmap_mode="r", allow_pickle=False)  # mapped: a header cannot claim more than there is
    except (OSError, ValueError, EOFError, OverflowError, SyntaxError, TypeError, MemoryError) as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise DetectionsError(f"cannot read detections {path}: {reason[:160]}") from error
    if (
        not isinstance(rows, np.ndarray)
        or rows.ndim != 2
        or rows.shape[1] < MIN_COLUMNS
        or rows.dtype.kind not in "fiu"
    ):
        found = (
            f"an array of shape {rows.shape} and type {rows.dtype}" if isinstance(rows, np.ndarray) else "an archive"
        )
        raise DetectionsError(
            f"{path}: expected rows of numbers (frame, id, left, top, width, height, ...), found {found}"
        )
    return _filled(np.array(rows, np.float64)), np.arange(1, len(rows) + 1)


def _filled(table: Table) -> Table:
    """The table with the columns that are left out."""
    missing = np.tile(DEFAULTS[max(table.shape[1] - MIN_COLUMNS, 0) :], (len(table), 1))
    return np.concatenate([table, missing], axis=1) if missing.size else table


def check_rows(table: Table, identities: str, place: Callable[[int], str]) -> None:
    """Refuse the first row that holds no box of a whole frame and identity.

    Args:
        table: float64 (N, 10 or more).
        identities: "from 1", "from 0" (unique within a frame) or "any".
        place: Names a row in the message.

    Raises:
        DetectionsError: Says where, what was found and what was expected.
    """
    least = {"from 1": 1, "from 0": 0}.get(identities, -MAX_WHOLE)
    whole = (table[:, :2] % 1 == 0) & (np.abs(table[:, :2]) < MAX_WHOLE)
    tests: list[tuple[Any, Callable[[NDArray], str]]] = [
        (np.isfinite(table).all(axis=1), lambda row: f"found {_shown(row)}; expected finite numbers"),
        (
            whole.all(axis=1) & (table[:, 0] >= 1),
            lambda row: f"frame {row[0]:g} and identity {row[1]:g}; expected whole numbers, frames from 1",
        ),
        (table[:, 1] >= least, lambda row: f"identity {row[1]:g}; expected {least:g} or more"),
        (
            (table[:, 4:6] >= 0).all(axis=1),
            lambda row: f"box of {row[4]:g} x {row[5]:g}; expected no negative size",
        ),
    ]
    for good, reason in tests:
        if not good.all():
            row = int(np.argmin(good))
            raise DetectionsError(f"{place(row)}: {reason(table[row])}")
    if identities != "any":
        order = np.lexsort((table[:, 1], table[:, 0]))
        doubled = order[1:][(np.diff(table[order, :2], axis=0) == 0).all(axis=1)]
        if len(doubled):
            frame, identity = table[doubled[0], :2]
            raise DetectionsError(f"{place(int(doubled[0]))}: identity {identity:g} twice in frame {frame:g}")


def _shown(row: NDArray) -> str:
    return ",".join(f"{value:g}" for value in row[:MOT_COLUMNS])
