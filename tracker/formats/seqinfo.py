"""`seqinfo.ini` of a MOTChallenge sequence: frame rate, size and length of a video that is a folder of images."""

from __future__ import annotations

import configparser
import math
from dataclasses import dataclass
from pathlib import Path

from crosscam.base.errors import InputError

DEFAULT_FPS = 25.0
MAX_FPS = 1000.0
MAX_SIDE_PX = 65536


@dataclass(frozen=True)
class SequenceInfo:
    """What the file tells; a key that is absent has its default.

    Attributes:
        fps: `frameRate`, in frames per second.
        width: `imWidth`, in pixels.
        height: `imHeight`, in pixels.
        frames: `seqLength`.
    """

    fps: float = DEFAULT_FPS
    width: int = 1920
    height: int = 1080
    frames: int | None = None


def read_sequence_info(file: Path) -> SequenceInfo:
    """Read a `seqinfo.ini`; where there is none, everything has its default.

    Raises:
        InputError: The file is there and wrong.
    """
    if not file.is_file():
        return SequenceInfo()
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(file.read_text(encoding="utf-8"), file.name)
    except (OSError, configparser.Error, UnicodeDecodeError) as error:
        raise InputError(f"{file}: expected an INI file, found: {' '.join(str(error).split())}") from error
    if not parser.has_section("Sequence"):
        found = ", ".join(f"[{name}]" for name in parser.sections()) or "none"
        raise InputError(f"{file}: expected a section [Sequence], found {found}")
    section = parser["Sequence"]
    frames = _number(file, section, "seqLength", math.inf)
    return SequenceInfo(
        fps=_number(file, section, "frameRate", MAX_FPS) or SequenceInfo.fps,
        width=int(_number(file, section, "imWidth", MAX_SIDE_PX) or SequenceInfo.width),
        height=int(_number(file, section, "imHeight", MAX_SIDE_PX) or SequenceInfo.height),
        frames=None if frames is None else int(frames),
    )


def _number(file: Path, section: configparser.SectionProxy, key: str, most: float) -> float | None:
    """The value of a key, None where it is absent."""
    text = section.get(key)
    if text is None:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value <= most or math.isinf(value):
        limit = "" if math.isinf(most) else f" and at most {most:g}"
        raise InputError(f"{file}: expected {key} to be a number above 0{limit}, found '{text}'")
    return value
