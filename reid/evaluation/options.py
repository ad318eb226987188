"""Options of a data set and of re-ranking from a YAML file and `section.key=value` texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import yaml

from crosscam.base.errors import InputError
from reid.checkpoint import load_checkpoint
from reid.data import DATASETS
from reid.embedder import SHIPPED
from reid.evaluation.rerank import RerankOptions

Sections = dict[str, dict[str, Any]]


def read_options(config: Path | None, assignments: Sequence[str]) -> tuple[dict[str, Any], RerankOptions]:
    """Options of the data set and of re-ranking; the assignments go before the file.

    Args:
        config: YAML with the sections `data` and `rerank`, either may be absent.
        assignments: Texts "data.KEY=VALUE" and "rerank.KEY=VALUE".

    Raises:
        InputError: Unreadable file, unknown section or key, or wrong type.
    """
    sections: Sections = {"data": {}, "rerank": {}}
    if config:
        _read_file(config, sections)
    for assignment in assignments:
        _assign(assignment, sections)
    if "gallery" in sections["data"]:  # YAML takes MARS's gallery names for numbers
        sections["data"]["gallery"] = str(sections["data"]["gallery"])
    return sections["data"], _rerank_options(sections["rerank"])


def _read_file(config: Path, sections: Sections) -> None:
    try:
        content = yaml.safe_load(config.read_text(encoding="utf-8")) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(f"cannot read configuration '{config}': {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise InputError(f"'{config}': expected the sections data and rerank, got a {type(content).__name__}")
    for name, values in content.items():
        if name not in sections or not isinstance(values, dict):
            raise InputError(f"'{config}': expected the sections data and rerank, got '{name}'")
        sections[name] |= values


def _assign(assignment: str, sections: Sections) -> None:
    key, equals, text = assignment.partition("=")
    section, _, name = key.partition(".")
    if not equals or section not in sections or not name:
        raise InputError(f"--set expects data.KEY=VALUE or rerank.KEY=VALUE, got '{assignment}'")
    try:
        sections[section][name] = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise InputError(f"--set '{assignment}': the value is not valid YAML") from error


def _rerank_options(values: dict[str, Any]) -> RerankOptions:
    known = {field.name: field.type for field in fields(RerankOptions)}
    for name, value in values.items():
        if name not in known:
            raise InputError(f"unknown option 'rerank.{name}'; available: {', '.join(known)}")
        if isinstance(value, bool) or not isinstance(value, (int, float) if known[name] == "float" else int | None):
            raise InputError(f"rerank.{name} must be {known[name]}, got {value!r}")
    return RerankOptions(**values)


def held_out_people(name: str, root: Path, weights: Path | None) -> dict[str, Any]:
    """The reader's `held_out` option where the folder has no test part: the people whom the weights were kept from.

    Args:
        name: Of the data set.
        root: Its folder.
        weights: A checkpoint; None is the shipped one.

    Returns:
        `{"held_out": [person ids]}`, or {} where a test part decides or the weights name nobody, or other people.
    """
    reader, path = DATASETS.get(name), Path(weights or SHIPPED)
    if reader is None or "held_out" not in reader.options or not reader.folders or path.suffix not in (".pth", ".pt"):
        return {}
    if all((root / folder).is_dir() for folder in reader.folders) or not path.is_file():
        return {}
    people = load_checkpoint(path).training.get("held_out_people", [])
    found = reader.read(root, held_out=1)
    known = {sample.person_id for sample in found.train + found.query + found.gallery}
    return {"held_out": people} if people and known.issuperset(people) else {}
