"""A detector's recipe less one source after the other, for benchmarks/detection/sources.py.

A source is the first folder of its paths, since one may have several files; the crops to paste are one too.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from crosscam.base.errors import ConfigError
from crosscam.base.settings import apply_override, read_settings, validated
from tracker.detector_training.options import SourceOptions, TrainingOptions

ALL = "all sources"
PASTED = "pasted crops"


def read_options(config: Path, overrides: Sequence[str]) -> TrainingOptions:
    """The recipe with `key=value` overrides; its length must be in steps, so that a busy hour changes nothing."""
    values = read_settings(config)
    for text in overrides:
        apply_override(values, text)
    options = validated(TrainingOptions, values, f"{config} with --set")
    if options.steps is None:
        raise ConfigError("variants are compared after as many steps: --set steps=N")
    return options


def groups(options: TrainingOptions) -> list[str]:
    """The sources of a recipe: first folders of the paths in their order, then the pasted crops."""
    named = dict.fromkeys(_group(source) for source in options.sources)
    return [*named, *([PASTED] if options.paste_from is not None else [])]


def without(options: TrainingOptions, group: str) -> TrainingOptions:
    """The recipe less one source."""
    if group not in groups(options):
        raise ConfigError(f"no source {group!r} in the recipe; there are: {', '.join(groups(options))}")
    if group == PASTED:
        return options.model_copy(update={"paste_from": None})
    return options.model_copy(update={"sources": tuple(s for s in options.sources if _group(s) != group)})


def only(options: TrainingOptions, group: str) -> TrainingOptions:
    """The recipe with the images of one source."""
    return options.model_copy(update={"sources": tuple(s for s in options.sources if _group(s) == group)})


def variants(options: TrainingOptions, left_out: Sequence[str], again: Sequence[int]) -> dict[str, TrainingOptions]:
    """Everything, everything less one, and everything with other seeds: what chance alone does."""
    less = {f"without {group}": without(options, group) for group in left_out}
    seeds = {f"{ALL}, seed {seed}": options.model_copy(update={"seed": seed}) for seed in again}
    return {ALL: options, **less, **seeds}


def _group(source: SourceOptions) -> str:
    return Path(source.path).parts[0]
