"""The file of `--json`: refused before the work begins where it cannot be written, and never seen half-written."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from crosscam.base.errors import InputError
from crosscam.base.files import create_output_folder, write_text


def json_writer(path: Path | None) -> Callable[[Any], None]:
    """A function that writes its argument to the file, or does nothing where no file is wanted.

    Raises:
        InputError: The place is a folder, or its folder can neither be found nor made.
    """
    if path is None:
        return lambda content: None
    if path.is_dir():
        raise InputError(f"--json needs a file, got the folder '{path}'")
    create_output_folder(path.parent)
    return lambda content: write_text(path, json.dumps(content, indent=2) + "\n")
