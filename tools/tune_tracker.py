"""Tune the tracker's options on saved detections, and write the best as a preset.

    python tools/tune_tracker.py --ground-truth DIR --detections DIR --trials 50 --output my_preset.yaml

DIR of ground truth holds NAME.txt or NAME/gt/gt.txt (and NAME/seqinfo.ini with the frame rate), DIR of detections
NAME.npy (10 MOT columns and an embedding per row) or NAME.txt. The preset names the sequences it was tuned on: judge it
on others.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import _repo_root  # noqa: F401
import yaml
from _exit_code import exit_code
from _json_file import json_writer

from crosscam.base.errors import InputError
from tracker.evaluation.mot_data import MotData
from tracker.evaluation.replay import SavedSequence, mot_rows, replay
from tracker.evaluation.saved_sequences import load_sequences
from tracker.evaluation.tracking import evaluate
from tracker.running.configuration import load_config
from tracker.single_camera.appearance.distance_scale import AppearanceScale
from tracker.single_camera.appearance.track_embeddings import fitted_momentum
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


def parse_arguments(argv: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ground-truth", type=Path, required=True, metavar="DIR", help="folder of ground truth")
    parser.add_argument("--detections", type=Path, required=True, metavar="DIR", help="folder of detections")
    parser.add_argument("--preset", default="default", help="where to start from (default)")
    parser.add_argument("--config", type=Path, metavar="FILE", help="configuration over the preset")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="tracker.max_lost_s=2, ...")
    parser.add_argument("--metric", choices=("HOTA", "IDF1", "MOTA"), default="HOTA", help="what to raise (HOTA)")
    parser.add_argument("--refine", action="store_true", help="score the refined tracklets")
    parser.add_argument("--trials", type=int, default=30, metavar="N", help="how many to try (30)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of what is tried (0)")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write the best as a preset")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all trials there")
    return parser.parse_args(argv)


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


def make_objective(
    args: argparse.Namespace, start: TrackerOptions, truth: dict[str, MotData], sequences: list[SavedSequence]
) -> Callable[[Any], float]:
    """The score of a trial, over all sequences together."""
    refinement = RefinementOptions() if args.refine else None

    def objective(trial: Any) -> float:
        options = suggest(trial, start)
        results = {s.name: MotData.from_rows(mot_rows(replay(s, options, refinement))) for s in sequences}
        score = evaluate(truth, results).combined[args.metric]
        print(f"trial {trial.number:3d}  {args.metric} {score:.2f}", file=sys.stderr)
        return float(score or 0.0)

    return objective


def write_preset(path: Path, best: TrackerOptions, note: str) -> None:
    """What differs from the defaults, as YAML with a comment on its origin."""
    plain, defaults = best.model_dump(mode="json"), TrackerOptions().model_dump(mode="json")
    changed = {key: value for key, value in plain.items() if value != defaults[key]}
    path.write_text(f"# {note}\n" + yaml.safe_dump({"tracker": changed}, sort_keys=False), encoding="utf-8")


def run(args: argparse.Namespace) -> None:
    """Tune, print and write."""
    try:
        import optuna
    except ImportError as error:
        raise InputError("tuning needs optuna: pip install 'crosscam[tune]'") from error
    write = json_writer(args.json)
    truth, sequences = load_sequences(args.ground_truth, args.detections)
    start = load_config(args.config, args.preset, args.set).tracker
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=args.seed))
    study.enqueue_trial(_start_values(start), skip_if_exists=True)
    study.optimize(make_objective(args, start, truth, sequences), n_trials=args.trials)
    best = suggest(optuna.trial.FixedTrial(study.best_params), start)
    note = f"Tuned for {args.metric} on {', '.join(sorted(truth))}: {study.best_value:.2f} after {args.trials} trials."
    print(f"{note} The start scored {study.trials[0].value:.2f}.")
    if args.output:
        write_preset(args.output, best, note)
    write({"note": note, "trials": [{"value": t.value, **t.params} for t in study.trials]})


def _start_values(start: TrackerOptions) -> dict[str, float]:
    """The start as a trial's parameters, so that tuning never ends below it."""
    values = {name: getattr(start, name) for name in RANGES}
    if values["appearance_momentum"] is None:  # saved detections do not say what embedder made them
        values["appearance_momentum"] = round(fitted_momentum(AppearanceScale().noise), 2)
    return values | {f"stage.{name}": getattr(start.stages[0], name) for name in STAGE_RANGES}


def main(argv: list[str] | None = None) -> int:
    """Run the tool; returns the exit code."""
    args = parse_arguments(argv)
    return exit_code(lambda: run(args))


if __name__ == "__main__":
    raise SystemExit(main())
