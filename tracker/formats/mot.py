"""MOT text files: `frame,identity,left,top,width,height,score,-1,-1,-1`, frames from 1.

    write_mot(path, camera_tracks(result, "cam1"))
    rows = read_mot(path)                       # MotRows, frames from 0

MOTChallenge ground truth has the same first six columns, then a flag (0: not counted), a class and a visibility.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from crosscam.base.boxes import ltwh_to_xyxy, xyxy_to_ltwh
from crosscam.base.files import write_text
from tracker.formats.camera_tracks import CameraTracks
from tracker.formats.mot_table import MOT_COLUMNS, check_rows, read_array, read_text

Identities = Literal["from 1", "from 0", "any"]
"""What identities a file may have; with "any" they may be -1 and occur more than once in a frame."""


@dataclass(frozen=True, eq=False)
class MotRows:
    """The rows of one MOT file by frame, within a frame by identity (with "any" identities as in the file).

    Attributes:
        frames: int64 (N,), from 0.
        ids: int64 (N,); -1 in files of detections.
        ltwh: float64 (N, 4), left, top, width and height in pixels, as in the file.
        scores: float32 (N,), column 7: the score, or the flag of ground truth (0: not counted); 1 where there is none.
        classes: int64 (N,), column 8; -1 where there is none.
        visibility: float32 (N,), column 9; -1 where there is none.
        embeddings: float32 (N, D), what follows column 10 (DeepSORT's layout); D = 0 where nothing does.
    """

    frames: NDArray[np.int64]
    ids: NDArray[np.int64]
    ltwh: NDArray[np.float64]
    scores: NDArray[np.float32]
    classes: NDArray[np.int64]
    visibility: NDArray[np.float32]
    embeddings: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.frames)

    @property
    def boxes(self) -> NDArray[np.float32]:
        """float32 (N, 4), (x1, y1, x2, y2)."""
        return ltwh_to_xyxy(self.ltwh).astype(np.float32)


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


def read_mot(path: Path, identities: Identities = "from 1") -> MotRows:
    """Read ground truth, results or detections: the only reader of MOT text.

    Six columns or more, separated by commas or white space; a byte order mark, blank lines, any line ends and
    separators at the end of a line are fine.

    Args:
        path: Text, or a `.npy` array of the same columns.
        identities: Which are allowed.

    Raises:
        DetectionsError: The file cannot be read, or a line is wrong; the message names file and line.
    """
    table, lines = read_array(path) if path.suffix.lower() == ".npy" else read_text(path)
    where = "line" if path.suffix.lower() != ".npy" else "row"
    check_rows(table, identities, lambda row: f"{path}, {where} {lines[row]}")
    keys = (table[:, 0],) if identities == "any" else (table[:, 1], table[:, 0])
    table = table[np.lexsort(keys)]
    return MotRows(
        frames=table[:, 0].astype(np.int64) - 1,
        ids=table[:, 1].astype(np.int64),
        ltwh=table[:, 2:6],
        scores=table[:, 6].astype(np.float32),
        classes=np.where(table[:, 7] % 1 == 0, table[:, 7], -1).astype(np.int64),  # older files: a place in metres
        visibility=table[:, 8].astype(np.float32),
        embeddings=table[:, MOT_COLUMNS:].astype(np.float32),
    )
