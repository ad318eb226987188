"""Train a ReID model from a configuration file.

    python tools/train_reid.py --config configs/reid/bag_of_tricks_resnet50.yaml --set data.sets.0.root=DATA

The run's folder receives log.jsonl, state.pt (to resume), last.pth and best.pth (checkpoints to use; best on the
held-out identities). Ctrl-C saves the state and ends. Several GPUs: torchrun --nproc-per-node N tools/train_reid.py ...
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import _repo_root  # noqa: F401
from _exit_code import exit_code
from _json_file import json_writer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from crosscam.base.errors import InputError


def parse_arguments(argv: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, required=True, metavar="FILE", help="YAML, see configs/reid/")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="e.g. data.sets.0.root=DIR")
    parser.add_argument("--output", type=Path, default=Path("runs/reid"), metavar="DIR", help="default: runs/reid")
    parser.add_argument("--hours", type=float, metavar="H", help="instead of schedule.steps or schedule.hours")
    parser.add_argument("--resume", action="store_true", help="go on from the state in the output folder")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the best held-out scores")
    return parser.parse_args(argv)


@contextmanager
def progress_bar(is_shown: bool) -> Iterator[Callable[[float, str], None]]:
    """A bar with time left; yields what takes the share that is done, in [0, 1], and a line about it."""
    columns = (
        TextColumn("training"),
        BarColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[line]}"),
    )
    with Progress(*columns, disable=not is_shown) as bar:
        task = bar.add_task("", total=1.0, line="")
        yield lambda done, line: bar.update(task, completed=done, line=line)


def run(args: argparse.Namespace) -> None:
    """Read the configuration and the data, train, print the scores."""
    from reid.training import distributed
    from reid.training.config_file import load_options
    from reid.training.data import load_data
    from reid.training.trainer import STATE, Trainer

    write = json_writer(args.json)
    overrides = list(args.set)
    if args.hours is not None:
        overrides += ["schedule.steps=null", f"schedule.hours={args.hours}"]
    options = load_options(args.config, overrides)
    if (args.output / STATE).exists() and not args.resume:
        raise InputError(f"'{args.output}' holds a run; give --resume or another --output")
    data = load_data(options.data, options.input_size[0])
    stopped: list[int] = []
    signal.signal(signal.SIGINT, lambda number, _frame: stopped.append(number))
    distributed.start(options.device)
    try:
        with progress_bar(sys.stderr.isatty() and distributed.rank() == 0) as show:
            trainer = Trainer(options, data, args.output, show, lambda: bool(stopped))
            if args.resume:
                trainer.resume()
            scores = trainer.run()
    finally:
        distributed.stop()
    if distributed.rank() == 0:
        print("  ".join(f"{key} {value:.2f}" for key, value in scores.items()) or "no held-out identities")
        write(scores)


def main(argv: list[str] | None = None) -> int:
    """Run the tool; returns the exit code."""
    args = parse_arguments(argv)
    return exit_code(lambda: run(args))


if __name__ == "__main__":
    sys.exit(main())
