"""Configuration files: YAML, presets and `--set section.key=value`, merged and validated into one `PipelineConfig`.

Each stage's options are a pydantic model beside the stage (`options.py` puts them together): defaults, types and ranges
live there, once. Unknown keys and names are errors, raised before any model is loaded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from crosscam.base.errors import ConfigError
from tracker.detection.options import BuiltinOptions
from tracker.running.options import PipelineConfig

PRESET_FOLDER = Path(__file__).resolve().parent.parent / "presets"


def load_config(
    file: str | Path | None = None,
    preset: str | None = None,
    overrides: Sequence[str] = (),
    sections: Mapping[str, Any] | None = None,
) -> PipelineConfig:
    """Merge defaults, a preset, a file, sections and overrides, each winning over those before it.

    Args:
        file: YAML with any of the sections of `PipelineConfig`.
        preset: Name of a file in `tracker/presets`, such as "bytetrack".
        overrides: Texts of the form "section.key=value"; the value is read as YAML.
        sections: Further values by section, as a program would give them.

    Raises:
        ConfigError: A file, key, name or value that is not valid; the message names where it came from.
    """
    # The name of the default detector is there from the start: which options are valid depends on it.
    merged: dict[str, Any] = {"detector": {"name": BuiltinOptions().name}}
    sources = [(str(path), read_yaml(path)) for path in _files(file, preset)]
    if sections:
        sources.append(("arguments", dict(sections)))
    sources += [(f"--set {text}", parse_override(text)) for text in overrides]
    for source, values in sources:
        merged = _merge(merged, values)
        _validate(merged, source)  # validated one by one, so that a message names the source at fault
    return _validate(merged, "defaults")


def available_presets() -> list[str]:
    """Names that `--tracker` takes."""
    return sorted(path.stem for path in PRESET_FOLDER.glob("*.yaml"))


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML file whose top level is a mapping.

    Raises:
        ConfigError: The file cannot be read, is not YAML, or holds something else.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read configuration {path}: {error}") from error
    except yaml.YAMLError as error:
        raise ConfigError(f"{path} is not valid YAML: {' '.join(str(error).split())}") from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise ConfigError(f"{path} must hold sections such as 'tracker:', found {type(content).__name__}")
    return content


def parse_override(text: str) -> dict[str, Any]:
    """`tracker.max_lost_s=2` to `{"tracker": {"max_lost_s": 2}}`.

    Raises:
        ConfigError: The text has no key or no value.
    """
    path, separator, value = text.partition("=")
    keys = path.strip().split(".")
    if not separator or not all(keys):
        raise ConfigError(f"--set needs section.key=value, got {text!r}")
    try:
        parsed = yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise ConfigError(f"--set {text!r}: the value is not valid YAML") from error
    nested: Any = parsed
    for key in reversed(keys):
        nested = {key: nested}
    return nested


def _files(file: str | Path | None, preset: str | None) -> list[Path]:
    files = []
    if preset is not None:
        path = PRESET_FOLDER / f"{preset}.yaml"
        if preset not in available_presets():
            raise ConfigError(f"unknown tracker {preset!r}; available: {', '.join(available_presets())}")
        files.append(path)
    if file is not None:
        files.append(Path(file))
    return files


def _merge(base: Mapping[str, Any], extra: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with the values of `extra`; sections are merged, unless `name` changes, since the options go with it."""
    merged = dict(base)
    for key, value in extra.items():
        old = merged.get(key)
        merged[key] = _merge(old or {}, value) if _is_same_section(old, value) else value
    return merged


def _is_same_section(old: Any, new: Any) -> bool:
    """Whether both are options of one part; another name brings options of its own."""
    both = isinstance(old, Mapping) and isinstance(new, Mapping)
    return both and ("name" not in new or new["name"] == old.get("name"))


def _validate(values: Mapping[str, Any], source: str) -> PipelineConfig:
    try:
        return PipelineConfig.model_validate(values)
    except ValidationError as error:
        raise ConfigError(f"{source}: {explain(error)}") from error


def explain(error: ValidationError) -> str:
    """The first problem of a pydantic error in one line: where, what was found, what was expected."""
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return f"unknown key {place!r}"
    return f"{place}: {first['msg']}, got {first['input']!r}"
