"""Settings: YAML files, `--set section.key=value` on top, and what is wrong with them in one line.

The only reader of YAML in the project. Files are bounded and have no aliases: a few hundred bytes of those can unfold
to gigabytes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from crosscam.base.errors import ConfigError

MAX_BYTES = 4_000_000
"""A larger file holds something else than settings."""
MAX_SHOWN = 80
"""Characters of a wrong value that a message shows."""

Model = TypeVar("Model", bound=BaseModel)


class _BoundedLoader(yaml.SafeLoader):
    """The safe loader without aliases."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()
            raise yaml.composer.ComposerError(None, None, "aliases are not allowed", event.start_mark)
        return super().compose_node(parent, index)


def parse_yaml(text: str) -> Any:
    """The content of a YAML text.

    Raises:
        ValueError: It is not valid, has aliases, or is nested too deeply; the message is one line.
    """
    try:
        return _BoundedLoader(text).get_single_data()
    except (yaml.YAMLError, RecursionError, ValueError, OverflowError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else " ".join(str(error).split())
        raise ValueError(reason[:200]) from error


def read_settings(path: str | Path, expand_variables: bool = False) -> dict[str, Any]:
    """Read a YAML file whose top level is a mapping; an empty file is an empty one.

    Args:
        path: The file.
        expand_variables: `$NAME` stands for an environment variable.

    Raises:
        ConfigError: The file cannot be read, is not YAML, or holds something else.
    """
    path = Path(path)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ConfigError(f"{path} is too large for a configuration: more than {MAX_BYTES // 1_000_000} MB")
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError, ValueError) as error:
        if isinstance(error, ConfigError):
            raise
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "not a UTF-8 text"
        raise ConfigError(f"cannot read configuration {path}: {reason}") from error
    try:
        content = parse_yaml(os.path.expandvars(text) if expand_variables else text)
    except ValueError as error:
        raise ConfigError(f"{path} is not valid YAML: {error}") from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise ConfigError(f"{path} must hold sections, found {type(content).__name__}")
    return content


def apply_override(content: dict[str, Any], text: str) -> None:
    """Set one value of nested mappings and lists, in place; the value is read as YAML.

    Args:
        content: The settings.
        text: "section.key=value"; a number as key is a position in a list: "data.sets.0.root=DIR".

    Raises:
        ConfigError: No key, no value, a list position that does not exist, or a key below a plain value.
    """
    keys, value = split_override(text)
    try:
        set_value(content, keys, value)
    except ConfigError as error:
        raise ConfigError(f"--set {error}") from error


def set_value(content: dict[str, Any], keys: Sequence[str], value: Any) -> None:
    """Set the value at a path of keys, in place; sections that are absent are made.

    Raises:
        ConfigError: A list position that does not exist, or a key below a plain value.
    """
    target: Any = content
    for depth, key in enumerate(keys):
        place: Any = key
        if isinstance(target, list):
            place = _position(target, keys, depth)
        elif not isinstance(target, dict):
            raise ConfigError(f"{'.'.join(keys)}: {key!r} is below a plain value")
        if depth == len(keys) - 1:
            target[place] = value
        else:
            target = target[place] if isinstance(target, list) else target.setdefault(place, {})


def split_override(text: str) -> tuple[list[str], Any]:
    """`tracker.max_lost_s=2` to `(["tracker", "max_lost_s"], 2)`.

    Raises:
        ConfigError: The text has no key or no value.
    """
    path, separator, value = text.partition("=")
    keys = path.strip().split(".")
    if not separator or not all(keys):
        raise ConfigError(f"--set needs section.key=value, got {_shown(text)}")
    try:
        return keys, parse_yaml(value)
    except ValueError as error:
        raise ConfigError(f"--set {_shown(text)}: the value is not valid YAML") from error


def merged(base: Mapping[str, Any], extra: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with the values of `extra`; sections are merged, unless `name` changes, since the options go with it."""
    result = dict(base)
    for key, value in extra.items():
        old = result.get(key)
        result[key] = merged(old or {}, value) if _is_same_section(old, value) else value
    return result


def _is_same_section(old: Any, new: Any) -> bool:
    """Whether both are options of one part; another name brings options of its own."""
    both = isinstance(old, Mapping) and isinstance(new, Mapping)
    return both and ("name" not in new or new["name"] == old.get("name"))


def validated(model: type[Model], values: Any, source: str) -> Model:
    """The values as a model.

    Raises:
        ConfigError: The first wrong key or value, with `source` (a file, or "--set ...") that brought it.
    """
    return validated_by(model.model_validate, values, source)


def validated_by(validate: Callable[[Any], Model], values: Any, source: str) -> Model:
    """The same with another validating function."""
    try:
        return validate(values)
    except ValidationError as error:
        raise ConfigError(f"{source}: {explain(error)}") from error
    except RecursionError as error:
        raise ConfigError(f"{source}: nested too deeply") from error


def explain(error: ValidationError) -> str:
    """The first problem of a pydantic error in one line: where, what was expected, what was found."""
    first = error.errors(include_url=False)[0]
    place = ".".join(str(part) for part in first["loc"]) or "configuration"
    if first["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
        return f"unknown key {place!r}"
    message = first["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ")
    if first["type"] in ("value_error", "missing"):
        return f"{place}: {message}"
    return f"{place}: {message}, got {_shown(first['input'])}"


def _position(items: Sequence[Any], keys: Sequence[str], depth: int) -> int:
    key = keys[depth]
    if not (key.isascii() and key.isdigit()) or int(key) >= len(items):
        raise ConfigError(f"{'.'.join(keys)}: the list has {len(items)} entries, no {key!r}")
    return int(key)


def _shown(value: Any) -> str:
    """The value as a message shows it; of a container only its kind and size, as its text may be huge."""
    if isinstance(value, (dict, list, tuple, set)):
        return f"a {type(value).__name__} of {len(value)}"
    text = repr(value[:MAX_SHOWN] if isinstance(value, (str, bytes)) else value)
    return text if len(text) <= MAX_SHOWN + 20 else text[:MAX_SHOWN] + "..."
