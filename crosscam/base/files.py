"""The output folder, and files that appear under their name only when they are whole."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from crosscam.base.errors import InputError

JPEG_QUALITY = 90
MAX_NAME_BYTES = 200
_UMASK_LOCK = threading.Lock()


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
def written_whole(path: Path, is_private: bool = False) -> Iterator[Path]:
    """A temporary path in the same folder, which takes the name `path` when the block ends without an exception.

    The temporary name is new, so that no link is followed and two writers do not meet.

    Args:
        path: Where the file appears.
        is_private: Only the owner may read it: it shows what people look like.

    Raises:
        InputError: The file cannot be written, as when the disk is full.
    """
    part = None
    try:
        part = new_part(path, is_private)
        yield part
        os.replace(part, path)
    except OSError as error:
        raise InputError(f"cannot write {path}: {_reason(error)}") from error
    finally:
        if part is not None:
            with suppress(OSError):
                part.unlink(missing_ok=True)


def new_part(path: Path, is_private: bool = False) -> Path:
    """A new empty file beside `path`, whose name tells that it is not whole.

    Raises:
        OSError: The folder cannot be written.
    """
    stem = path.name.encode()[:MAX_NAME_BYTES].decode(errors="ignore")  # file systems allow 255 bytes
    handle, name = tempfile.mkstemp(prefix=f".{stem}.", suffix=".part", dir=path.parent)
    os.close(handle)
    os.chmod(name, 0o600 if is_private else 0o666 & ~_umask())
    return Path(name)


def _umask() -> int:
    """The process's mask; it can only be read by setting it."""
    with _UMASK_LOCK:
        mask = os.umask(0o077)
        os.umask(mask)
    return mask


def write_text(path: Path, text: str) -> None:
    """Write a whole UTF-8 file or nothing.

    Raises:
        InputError: The file cannot be written.
    """
    with written_whole(path) as part:
        part.write_text(text, encoding="utf-8", newline="\n")


def write_bytes(path: Path, data: bytes, is_private: bool = False) -> None:
    """Write a whole file or nothing.

    Raises:
        InputError: The file cannot be written.
    """
    with written_whole(path, is_private) as part:
        part.write_bytes(data)


def write_picture(path: Path, picture: NDArray[np.uint8], is_private: bool = False) -> None:
    """Write a picture, uint8 (H, W, 3) BGR, as JPEG.

    Raises:
        InputError: The file cannot be written.
    """
    write_bytes(path, jpeg_bytes(picture), is_private)


def jpeg_bytes(picture: NDArray[np.uint8]) -> bytes:
    """A picture, uint8 (H, W, 3) BGR, as a JPEG file."""
    done, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    assert done, f"JPEG encoding failed for a picture of shape {picture.shape}"
    return data.tobytes()


def _reason(error: OSError) -> str:
    return error.strerror or str(error)
