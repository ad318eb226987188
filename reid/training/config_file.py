"""YAML with `--set section.key=value` on top -> validated `TrainOptions`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from crosscam.base.errors import TrainingError
from reid.training.options import TrainOptions


def load_options(file: Path, overrides: Sequence[str] = ()) -> TrainOptions:
    """Read a training configuration. `$NAME` in the file stands for an environment variable.

    Args:
        file: YAML, the sections of `TrainOptions`.
        overrides: Texts "section.key=value"; a number as key is a position in a list: `data.sets.0.root=DIR`.

    Raises:
        TrainingError: Unreadable file, unknown key, wrong value; the message names it.
    """
    try:
        content = yaml.safe_load(os.path.expandvars(file.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError) as error:
        raise TrainingError(f"cannot read configuration '{file}': {error}") from error
    except yaml.YAMLError as error:
        raise TrainingError(f"'{file}' is not valid YAML: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise TrainingError(f"'{file}' must hold sections such as 'data:', found {type(content).__name__}")
    for text in overrides:
        apply_override(content, text)
    return validate(content, str(file))


def validate(content: dict[str, Any], source: str) -> TrainOptions:
    """Options from plain values.

    Raises:
        TrainingError: The first wrong key or value, with its place.
    """
    try:
        return TrainOptions.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        message = "unknown key" if first["type"] in ("extra_forbidden", "unexpected_keyword_argument") else first["msg"]
        raise TrainingError(f"{source}: {place or 'configuration'}: {message}") from error


def apply_override(content: dict[str, Any], text: str) -> None:
    """Set one value of nested mappings and lists, in place.

    Raises:
        TrainingError: No key, no value, or a list position that does not exist.
    """
    path, separator, value = text.partition("=")
    keys = path.strip().split(".")
    if not separator or not all(keys):
        raise TrainingError(f"--set needs section.key=value, got '{text}'")
    target: Any = content
    for key in keys[:-1]:
        if isinstance(target, list):
            if not key.isdigit() or int(key) >= len(target):
                raise TrainingError(f"--set '{text}': the list has {len(target)} entries, no '{key}'")
            target = target[int(key)]
        elif isinstance(target, dict):
            target = target.setdefault(key, {})
        else:
            raise TrainingError(f"--set '{text}': '{key}' is below a plain value")
    try:
        parsed = yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise TrainingError(f"--set '{text}': the value is not valid YAML") from error
    if isinstance(target, list):
        if not keys[-1].isdigit() or int(keys[-1]) >= len(target):
            raise TrainingError(f"--set '{text}': the list has {len(target)} entries, no '{keys[-1]}'")
        target[int(keys[-1])] = parsed
    elif isinstance(target, dict):
        target[keys[-1]] = parsed
    else:
        raise TrainingError(f"--set '{text}': '{keys[-1]}' is below a plain value")
