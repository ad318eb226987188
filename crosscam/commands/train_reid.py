"""Train a ReID model from a configuration file.

    crosscam train reid --config configs/reid/bag_of_tricks_resnet50.yaml --set data.sets.0.root=DATA

The run's folder receives log.jsonl, state.pt (to resume), last.pth and best.pth (checkpoints to use; best on the
held-out identities). Ctrl-C and SIGTERM save the state and end. On several GPUs:

    torchrun --nproc-per-node N tools/train_reid.py --config FILE
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

from crosscam.base.errors import InputError
from crosscam.base.json_file import json_writer
from crosscam.base.progress import Advance, progress_bar
from crosscam.base.stopping import stop_requests
from crosscam.commands.arguments import add_device, add_json, add_output_folder, add_settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command line."""
    add_settings(parser, "YAML, see configs/reid/", "data.sets.0.root=DIR", is_required=True)
    add_output_folder(parser, "checkpoints, state and log of the run", "runs/reid")
    parser.add_argument("--hours", type=float, metavar="H", help="instead of schedule.steps or schedule.hours")
    parser.add_argument("--resume", action="store_true", help="go on from the state in the output folder")
    add_device(parser)
    add_json(parser, "the best held-out scores")


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
    if args.device is not None:
        overrides.insert(0, f"device={args.device}")
    options = load_options(args.config, overrides)
    if (args.output / STATE).exists() and not args.resume:
        raise InputError(f"'{args.output}' holds a run; give --resume or another --output")
    data = load_data(options.data, options.input_size[0])
    distributed.start(options.device)
    kept = f"the state is in {args.output}: go on with --resume"
    try:
        with progress_bar("training", 1.0, distributed.rank() != 0) as advance, stop_requests(kept) as is_stopped:
            trainer = Trainer(options, data, args.output, _display(advance), is_stopped)
            if args.resume:
                trainer.resume()
            scores = trainer.run()
    finally:
        distributed.stop()
    if distributed.rank() == 0:
        print("  ".join(f"{key} {value:.2f}" for key, value in scores.items()) or "no held-out identities")
        write(scores)


def _display(advance: Advance) -> Callable[[float, str], None]:
    """What takes the share that is done, in [0, 1], and a line about it."""
    shown = [0.0]

    def show(done: float, line: str) -> None:
        advance(done - shown[0], line)
        shown[0] = done

    return show
