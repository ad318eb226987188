"""Searching for better options of the tracker on saved detections."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from crosscam.base.extras import require
from crosscam.base.files import write_text
from tracker.evaluation.mot_data import MotData
from tracker.evaluation.replay import SavedSequence, mot_rows, replay
from tracker.evaluation.tracking import evaluate
from tracker.single_camera.appearance.distance_scale import AppearanceScale
from tracker.single_camera.appearance.track_embeddings import resolve_momentum
from tracker.single_camera.options import TrackerOptions
from tracker.single_camera.refinement import RefinementOptions

RANGES: dict[str, tuple[float, float, float]] = {
    "high_score": (0.2, 0.7, 0.05),
    "new_score": (0.3, 0.8, 0.05),
    "min_hits": (1, 5, 1),
    "max_lost_s": (0.5, 8.0, 0.5),
    "birth_max_iou": (0.4, 0.9, 0.1),
    "appearance_momentum": (0.84, 0.98, 0.02),
}
"""Lowest and highest value and step of each option that is tuned."""

STAGE_RANGES: dict[str, tuple[float, float, float]] = {"max_cost": (0.4, 0.9, 0.05), "expand": (0.0, 0.5, 0.1)}
"""The same for the first stage."""


def tune(
    start: TrackerOptions,
    truth: Mapping[str, MotData],
    sequences: Sequence[SavedSequence],
    metric: str = "HOTA",
    refinement: RefinementOptions | None = None,
    trials: int = 30,
    seed: int = 0,
    on_trial: Callable[[int, float], None] = lambda number, score: None,
) -> tuple[TrackerOptions, list[dict[str, float]]]:
    """The best options found, never worse than the start on these sequences.

    Args:
        start: Tried first.
        truth: Ground truth by sequence.
        sequences: The same sequences with saved detections.
        metric: "HOTA", "IDF1" or "MOTA", over all sequences together.
        refinement: Score refined tracklets; None scores tracks as they appear.
        trials: How many options are tried.
        seed: Of what is tried.
        on_trial: Called with number and score of each.

    Returns:
        Options, and "value" with the options of each trial.

    Raises:
        MissingPackageError: optuna is not installed.
    """
    optuna = require("optuna", "tune", "tuning")
    optuna.logging.set_verbosity(optuna.logging.WARNING)

    def objective(trial: Any) -> float:
        options = suggest(trial, start)
        results = {s.name: MotData.from_rows(mot_rows(replay(s, options, refinement))) for s in sequences}
        score = float(evaluate(truth, results).combined[metric] or 0.0)
        on_trial(trial.number, score)
        return score

    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=seed))
    study.enqueue_trial(_start_values(start), skip_if_exists=True)
    study.optimize(objective, n_trials=trials)
    best = suggest(optuna.trial.FixedTrial(study.best_params), start)
    return best, [{"value": trial.value, **trial.params} for trial in study.trials]


def suggest(trial: Any, start: TrackerOptions) -> TrackerOptions:
    """Options of one trial."""
    chosen = {name: _value(trial, name, bounds) for name, bounds in RANGES.items()}
    first = {name: _value(trial, f"stage.{name}", bounds) for name, bounds in STAGE_RANGES.items()}
    stages = (start.stages[0].model_copy(update=first), *start.stages[1:])
    return TrackerOptions.model_validate({**start.model_dump(), **chosen, "stages": [s.model_dump() for s in stages]})


def _value(trial: Any, name: str, bounds: tuple[float, float, float]) -> float:
    low, high, step = bounds
    if isinstance(low, int):
        return trial.suggest_int(name, low, int(high), step=int(step))
    return round(trial.suggest_float(name, low, high, step=step), 6)


def write_preset(path: Path, best: TrackerOptions, note: str) -> None:
    """What differs from the defaults, as YAML with a comment on its origin; `--tracker` takes the file.

    Raises:
        InputError: The file cannot be written.
    """
    plain, defaults = best.model_dump(mode="json"), TrackerOptions().model_dump(mode="json")
    changed = {key: value for key, value in plain.items() if value != defaults[key]}
    write_text(path, f"# {note}\n" + yaml.safe_dump({"tracker": changed}, sort_keys=False))


def _start_values(start: TrackerOptions) -> dict[str, float]:
    """The start as a trial's parameters, so that tuning never ends below it."""
    values = {name: getattr(start, name) for name in RANGES}
    if values["appearance_momentum"] is None:  # saved detections do not say what embedder made them
        values["appearance_momentum"] = round(resolve_momentum(None, AppearanceScale()), 2)
    return values | {f"stage.{name}": getattr(start.stages[0], name) for name in STAGE_RANGES}
