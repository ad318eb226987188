"""The file of `--json`: refused before the work begins where it cannot be written, and never seen half-written."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import _repo_root  # noqa: F401

from tracker.errors import InputError


def json_writer(path: Path | None) -> Callable[[Any], None]:
    """A function that writes its argument to the file, or does nothing where no file is wanted.

    Raises:
        InputError: The place is a folder, or its folder can neither be found nor made.
    """
    if path is None:
        return lambda content: None
    if path.is_dir():
        raise InputError(f"--json needs a file, got the folder '{path}'")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot write to '{path.parent}': {error.strerror}") from error
    return lambda content: _write(path, content)


def _write(path: Path, content: Any) -> None:
    partial = path.with_name(path.name + ".part")
    partial.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    os.replace(partial, path)
