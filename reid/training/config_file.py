"""YAML with `--set section.key=value` on top -> validated `TrainOptions`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from crosscam.base.settings import apply_override, read_settings, validated
from reid.training.options import TrainOptions


def load_options(file: Path, overrides: Sequence[str] = ()) -> TrainOptions:
    """Read a training configuration. `$NAME` in the file stands for an environment variable.

    Args:
        file: YAML, the sections of `TrainOptions`.
        overrides: Texts "section.key=value"; a number as key is a position in a list: `data.sets.0.root=DIR`.

    Raises:
        ConfigError: Unreadable file, unknown key, wrong value; the message names it.
    """
    content = read_settings(file, expand_variables=True)
    for text in overrides:
        apply_override(content, text)
    return validate(content, str(file))


def validate(content: dict[str, Any], source: str) -> TrainOptions:
    """Options from plain values.

    Raises:
        ConfigError: The first wrong key or value, with its place.
    """
    return validated(TrainOptions, content, source)
