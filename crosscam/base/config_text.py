"""A configuration as YAML with a comment on every line, taken from the options' own descriptions."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Iterator

import yaml
from pydantic import BaseModel

LINE_LENGTH = 120
DEFAULT_HEADER = """# Every key with its default. A preset or a file of your own lists only what differs.
# Durations are seconds, lengths pixels unless the name says otherwise.
"""


def config_text(model: BaseModel) -> str:
    """YAML that gives this model again, every key with its description."""
    return "\n".join(_lines(model, "")) + "\n"


def _lines(model: BaseModel, indent: str) -> Iterator[str]:
    comments = descriptions(type(model))
    for name in type(model).model_fields:
        value, comment = getattr(model, name), comments.get(name, "")
        if isinstance(value, BaseModel):
            yield from _commented(f"{indent}{name}:", comment or _first_sentence(type(value)), indent)
            yield from _lines(value, indent + "  ")
        elif isinstance(value, tuple) and value and isinstance(value[0], BaseModel):
            yield from _commented(f"{indent}{name}:", comment, indent)
            yield from (f"{indent}  - {_flow(part.model_dump(mode='json', exclude_defaults=True))}" for part in value)
        else:
            yield from _commented(f"{indent}{name}: {_flow(model.model_dump(mode='json')[name])}", comment, indent)


def _commented(line: str, comment: str, indent: str) -> Iterator[str]:
    """The line with its comment behind it, or above it where both are too long for one line."""
    if not comment:
        yield line
    elif len(line) + len(comment) + 3 <= LINE_LENGTH:
        yield f"{line}  # {comment}"
    else:
        yield from textwrap.wrap(comment, LINE_LENGTH, initial_indent=f"{indent}# ", subsequent_indent=f"{indent}# ")
        yield line


def _flow(value: object) -> str:
    return yaml.safe_dump(value, default_flow_style=True, width=10_000, sort_keys=False).removesuffix("...\n").strip()


def descriptions(model: type[BaseModel]) -> dict[str, str]:
    """Each field's description: its own, or that in the class's docstring under `Attributes:`."""
    found = _documented(model)
    found |= {name: field.description for name, field in model.model_fields.items() if field.description}
    return {name: text.rstrip(".") for name, text in found.items()}


def _documented(model: type[BaseModel]) -> dict[str, str]:
    _, _, attributes = (inspect.getdoc(model) or "").partition("Attributes:\n")
    entries = re.findall(r"^    (\w+): (.+(?:\n {8}.+)*)", attributes, re.MULTILINE)
    return {name: " ".join(text.split()) for name, text in entries}


def _first_sentence(model: type[BaseModel]) -> str:
    return (model.__doc__ or "").strip().split("\n")[0].split(";")[0].rstrip(".")
