"""Camera names: from a path or an address to a short text that is unique in a run and safe as a file name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from crosscam.base.secrets import without_secrets
from tracker.video.sources import is_address, is_webcam

UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]+')
"""Characters that some file system refuses."""
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)", re.IGNORECASE)
"""Names that Windows refuses with any suffix."""
MAX_LENGTH = 80
"""Characters; leaves room for a suffix in the 255 bytes that file systems allow."""


def camera_name(source: str) -> str:
    """The name of one source: a file's stem, a folder's name, `host-path` of a stream, `webcam0`.

    The folder `img1` of a MOTChallenge sequence takes the sequence's name. A user name and password in an address
    never get into the name.
    """
    if is_webcam(source):
        return f"webcam{int(source)}"
    if is_address(source):
        address = urlsplit(without_secrets(source))
        remote = PurePosixPath(address.path)
        host = address.netloc or "stream"
        parts = [host.replace(":", "-"), *remote.parent.parts[1:], remote.stem]
        return safe_name("-".join(part for part in parts if part))
    path = Path(source)
    if path.is_dir():
        folder = path.resolve()
        return safe_name(folder.parent.name if folder.name == "img1" else folder.name)
    return safe_name(path.stem)


def camera_names(sources: Sequence[str]) -> list[str]:
    """One name per source; a name that occurs again becomes `cam1-2`, `cam1-3`, ...

    Two names that differ only in upper and lower case count as equal: their files would be one on some systems.
    """
    used: set[str] = set()
    names = []
    for source in sources:
        base = camera_name(source)
        name, count = base, 1
        while name.casefold() in used:
            count += 1
            name = f"{base}-{count}"
        used.add(name.casefold())
        names.append(name)
    return names


def safe_name(text: str) -> str:
    """`text` as a file name that every system takes; never empty, never a folder above, never hidden."""
    name = UNSAFE.sub("_", text).strip(" .")[:MAX_LENGTH].rstrip(" .")
    if not name:
        return "camera"
    return f"_{name}" if RESERVED.fullmatch(name) else name
