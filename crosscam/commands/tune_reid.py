"""Search training options with optuna. The objective is a score on held-out identities; a search can be resumed.

    crosscam tune reid --config configs/reid/pyramid_compact.yaml --space space.yaml --output runs/tune

The folder gets study.sqlite (to resume) and a folder per trial. The space is YAML, e.g.
  optimiser.learning_rate: {log: [0.0003, 0.01]}
  losses.1.options.margin: {log: [0.05, 1.0]}
  dynamic.mode: {choice: ["off", switch, weighted]}
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from crosscam.base.errors import InputError
from crosscam.base.extras import require
from crosscam.base.json_file import json_writer
from crosscam.commands.arguments import add_json, add_output_folder, add_settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command line."""
    add_settings(parser, "YAML as for crosscam train reid", "data.sets.0.root=DIR", is_required=True)
    parser.add_argument("--space", type=Path, required=True, metavar="FILE", help="what to search, see above")
    parser.add_argument("--trials", type=int, default=20, metavar="N", help="in all, with those already done (20)")
    parser.add_argument("--seeds", type=int, default=1, metavar="N", help="runs per trial, the median counts (1)")
    parser.add_argument("--metric", default="score", help="a held-out score, e.g. market1501_mAP; default: their mean")
    add_output_folder(parser, "the study and its trials", "runs/tune")
    add_json(parser, "all trials")


def open_study(folder: Path, seed: int) -> Any:
    """The search kept in a folder, a new one where there is none.

    Raises:
        MissingPackageError: optuna is not installed.
    """
    optuna = require("optuna", "tune", "tuning")
    folder.mkdir(parents=True, exist_ok=True)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna.create_study(
        study_name="reid",
        storage=f"sqlite:///{(folder / 'study.sqlite').absolute()}",
        direction="maximize",
        load_if_exists=True,
        sampler=optuna.samplers.TPESampler(seed=seed),
    )


def run(args: argparse.Namespace) -> None:
    """Set up the study, run what is left of it, print the best trial."""
    from reid.training.config_file import load_options
    from reid.training.data import load_data
    from reid.training.search import make_objective, read_space

    write = json_writer(args.json)
    space = read_space(args.space)
    options = load_options(args.config, args.set)
    if not options.data.held_out:
        raise InputError("tuning needs held-out identities: set data.held_out")
    study = open_study(args.output, options.seed)
    data = load_data(options.data, options.input_size[0])
    objective = make_objective(options.model_dump(mode="json"), space, data, args.output, args.metric, args.seeds)
    done = len([trial for trial in study.trials if trial.state.is_finished()])
    study.optimize(objective, n_trials=max(args.trials - done, 0))
    best = study.best_trial
    print(
        f"trial {best.number}: {args.metric} {best.value:.2f}  " + "  ".join(f"{k}={v}" for k, v in best.params.items())
    )
    trials = [{"number": t.number, "value": t.value, "params": t.params} for t in study.trials]
    write({"metric": args.metric, "trials": trials})
