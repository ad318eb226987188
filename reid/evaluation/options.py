"""Options of a data set and of re-ranking from a YAML file and `section.key=value` texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from crosscam.base.errors import ConfigError, InputError
from crosscam.base.settings import apply_override, merged, read_settings
from reid.checkpoint import load_checkpoint
from reid.data import DATASETS
from reid.embedder import SHIPPED
from reid.evaluation.rerank import RerankOptions


def read_options(config: Path | None, assignments: Sequence[str]) -> tuple[dict[str, Any], RerankOptions]:
    """Options of the data set and of re-ranking; the assignments go before the file.

    Args:
        config: YAML with the sections `data` and `rerank`, either may be absent.
        assignments: Texts "data.KEY=VALUE" and "rerank.KEY=VALUE".

    Raises:
        InputError: Unreadable file, unknown section or key, or wrong type.
    """
    sections: dict[str, Any] = {"data": {}, "rerank": {}}
    sources = [(f"{config}", read_settings(config))] if config else []
    for text in assignments:
        values: dict[str, Any] = {}
        apply_override(values, text)
        sources.append((f"--set {text}", values))
    for source, values in sources:
        for name in values:
            if name not in sections or not isinstance(values[name], dict):
                raise ConfigError(f"{source}: expected the sections data and rerank, got {name!r}")
        sections = merged(sections, values)
    if "gallery" in sections["data"]:  # YAML takes MARS's gallery names for numbers
        sections["data"]["gallery"] = str(sections["data"]["gallery"])
    return sections["data"], _rerank_options(sections["rerank"])


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
