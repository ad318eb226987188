"""Names of files in the order that people count in."""

from __future__ import annotations

import re
from pathlib import Path


def natural_key(path: Path) -> tuple[tuple[tuple[int, int, str], ...], str]:
    """Sort key that orders the numbers in a name by value, whatever the case: img2 before IMG10."""
    parts = re.split(r"([0-9]+)", path.stem.casefold())
    counted = tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts if part)
    return counted, path.name  # img1.jpg and img01.png are in one order on every file system
