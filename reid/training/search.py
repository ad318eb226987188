"""Hyper-parameter search on held-out identities, resumable."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crosscam.base.errors import TrainingError
from crosscam.base.settings import read_settings, set_value
from reid.training.config_file import validate
from reid.training.data import TrainingData
from reid.training.trainer import Trainer

KINDS = ("log", "linear", "choice")
MAX_WEIGHT_DECAY = 0.1  # searches over linear ranges up to 1 have ended at 0.6, an artefact of a tiny validation set


@dataclass(frozen=True)
class Range:
    """What to search: a key of the configuration and its values.

    Attributes:
        key: As for --set, e.g. `optimiser.learning_rate`.
        kind: "log", "linear" (both from `values[0]` to `values[1]`) or "choice" of `values`.
        values: Bounds or choices.
    """

    key: str
    kind: str
    values: tuple[Any, ...]

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise TrainingError(f"range '{self.key}': unknown kind '{self.kind}'; available: {', '.join(KINDS)}")
        if self.kind == "choice":
            if not self.values:
                raise TrainingError(f"range '{self.key}': a choice needs values")
            return
        numbers = [value for value in self.values if isinstance(value, (int, float))]
        if len(self.values) != 2 or len(numbers) != 2 or not numbers[0] < numbers[1]:
            raise TrainingError(f"range '{self.key}': expected two ascending numbers, got {list(self.values)}")
        if self.kind == "log" and numbers[0] <= 0:
            raise TrainingError(f"range '{self.key}': a log range must be positive, got {list(self.values)}")
        if self.key.endswith("weight_decay") and (self.kind != "log" or numbers[1] > MAX_WEIGHT_DECAY):
            raise TrainingError(f"range '{self.key}': must be 'log' and end at {MAX_WEIGHT_DECAY} at most")

    def suggest(self, trial: Any) -> Any:
        """A value from an optuna trial."""
        if self.kind == "choice":
            return trial.suggest_categorical(self.key, list(self.values))
        return trial.suggest_float(self.key, float(self.values[0]), float(self.values[1]), log=self.kind == "log")


def read_space(file: Path) -> list[Range]:
    """Ranges from YAML: `key: {log: [low, high]}`, `{linear: [low, high]}` or `{choice: [...]}`.

    Raises:
        InputError: Unreadable file or wrong range.
    """
    content = read_settings(file)
    if not content:
        raise TrainingError(f"'{file}' must map keys to ranges")
    ranges = []
    for key, entry in content.items():
        if not isinstance(entry, dict) or len(entry) != 1 or not isinstance(next(iter(entry.values())), list):
            raise TrainingError(f"range '{key}': expected one of log, linear, choice with a list, got {entry}")
        kind, values = next(iter(entry.items()))
        ranges.append(Range(str(key), str(kind), tuple(values)))
    return ranges


def make_objective(
    base: Mapping[str, Any], space: list[Range], data: TrainingData, folder: Path, metric: str, seeds: int
) -> Callable[[Any], float]:
    """What optuna maximises: the median over seeds of a held-out score (`score`, or a name such as `mars_mAP`).

    A run whose loss is not finite is a failed trial of value 0, not the end of the search.
    """

    def objective(trial: Any) -> float:
        changes = {entry.key: entry.suggest(trial) for entry in space}
        found = []
        for seed in range(seeds):
            content = deepcopy(dict(base))
            for key, value in {**changes, "seed": seed}.items():
                set_value(content, key.split("."), value)
            run = folder / f"trial{trial.number:04d}_seed{seed}"
            shutil.rmtree(run, ignore_errors=True)
            try:
                scores = Trainer(validate(content, f"trial {trial.number}"), data, run).run()
            except TrainingError as error:
                if "not finite" not in str(error):
                    raise
                trial.set_user_attr("failed", str(error))
                return 0.0
            if metric not in scores:
                raise TrainingError(f"no held-out score '{metric}'; available: {', '.join(scores) or 'none'}")
            found.append(scores[metric])
        return sorted(found)[len(found) // 2]

    return objective
