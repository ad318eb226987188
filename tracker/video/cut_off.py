"""What the bytes of a video file tell of a recording that was cut off, where its container does not."""

from __future__ import annotations

import os
from pathlib import Path

TRANSPORT_PACKETS = ((188, 0), (192, 4), (204, 0))
"""Bytes of a packet of an MPEG transport stream and place of its sync byte: plain, Blu-ray, with error correction."""
SYNC = 0x47
SYNCS_CHECKED = 5


def lacks_index(path: Path) -> bool:
    """Whether an MP4 or QuickTime file ends before its index, which most recorders write last."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        is_first = True
        while len(header := file.read(16)) == 16:
            size, kind = int.from_bytes(header[:4], "big"), header[4:8]
            if (is_first and kind != b"ftyp") or kind == b"moov":
                return False
            size = int.from_bytes(header[8:], "big") if size == 1 else size
            if size < 8:  # 0: all the rest of the file
                return size == 0
            file.seek(size - 16, os.SEEK_CUR)
            is_first = False
    return not is_first


def ends_inside_packet(path: Path) -> bool:
    """Whether an MPEG transport stream ends in the middle of one of its packets, which all have the same length.

    Nothing else in such a file tells its end: one that was cut between two packets looks like a whole one.
    """
    if not path.is_file():
        return False
    with path.open("rb") as file:
        head = file.read(SYNCS_CHECKED * max(size for size, _ in TRANSPORT_PACKETS))
    for size, offset in TRANSPORT_PACKETS:
        syncs = head[offset : SYNCS_CHECKED * size : size]
        if len(syncs) == SYNCS_CHECKED and set(syncs) == {SYNC}:
            return path.stat().st_size % size != 0
    return False
