"""The output folder, and files that appear under their name only when they are whole."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from crosscam.base.errors import InputError

JPEG_QUALITY = 90


def create_output_folder(path: str | Path) -> Path:
    """Create the folder where it does not exist, and check that files can be written in it.

    Raises:
        InputError: It cannot be created or written.
    """
    folder = Path(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".write-test.part"
        probe.write_bytes(b"x")
        probe.unlink()
    except OSError as error:
        raise InputError(f"cannot write to output folder {folder}: {_reason(error)}") from error
    return folder


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A temporary path in the same folder, which takes the name `path` when the block ends without an exception.

    Raises:
        InputError: The file cannot be written, as when the disk is full.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        yield part
        os.replace(part, path)
    except OSError as error:
        raise InputError(f"cannot write {path}: {_reason(error)}") from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a whole UTF-8 file or nothing.

    Raises:
        InputError: The file cannot be written.
    """
    with written_whole(path) as part:
        part.write_text(text, encoding="utf-8", newline="\n")


def write_bytes(path: Path, data: bytes) -> None:
    """Write a whole file or nothing.

    Raises:
        InputError: The file cannot be written.
    """
    with written_whole(path) as part:
        part.write_bytes(data)


def write_picture(path: Path, picture: NDArray[np.uint8]) -> None:
    """Write a picture, uint8 (H, W, 3) BGR, as JPEG.

    Raises:
        InputError: The file cannot be written.
    """
    write_bytes(path, jpeg_bytes(picture))


def jpeg_bytes(picture: NDArray[np.uint8]) -> bytes:
    """A picture, uint8 (H, W, 3) BGR, as a JPEG file."""
    done, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    assert done, f"JPEG encoding failed for a picture of shape {picture.shape}"
    return data.tobytes()


def _reason(error: OSError) -> str:
    return error.strerror or str(error)
