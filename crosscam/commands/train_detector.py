"""Train the built-in person detector, on the project's data or on your own.

    crosscam train detector --data people.json --output runs/mine --hours 2     (COCO .json or YOLO folder)
    crosscam train detector --data people.json --output runs/mine --initial builtin     (on from the shipped one)
    crosscam train detector --config configs/detection/builtin.yaml --root DATA --output runs/detector

The folder gets `last.pt` and `curve.jsonl`; `crosscam export detector` makes the file that `--detector` takes.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from crosscam.commands.arguments import add_device, add_output_folder, add_settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command line."""
    add_settings(parser, "YAML with the options of the training", "learning_rate=0.001")
    parser.add_argument("--data", nargs="+", default=[], metavar="PATH", help="labelled images, beside the config's")
    parser.add_argument("--root", type=Path, default=Path(), help="folder that the config's paths start from")
    add_output_folder(parser, "checkpoints and curve")
    parser.add_argument("--hours", type=float, help="length of the training; the schedule follows the clock")
    parser.add_argument("--steps", type=int, help="length of the training in steps instead")
    parser.add_argument(
        "--initial", metavar="FILE", help="start from this .onnx detector, or from the shipped: builtin"
    )
    add_device(parser)
    parser.add_argument("--resume", action="store_true", help="continue from last.pt in --output")


def run(args: argparse.Namespace) -> None:
    """Read the data, train."""
    from crosscam.base.settings import apply_override, validated
    from crosscam.base.stopping import stop_requests
    from tracker.detector_training.data import load_data
    from tracker.detector_training.options import SourceOptions, TrainingOptions, load_options
    from tracker.detector_training.trainer import Trainer

    options = load_options(args.config) if args.config else TrainingOptions()
    given = {name: getattr(args, name) for name in ("hours", "steps", "initial", "device")}
    changes = {name: value for name, value in given.items() if value is not None}
    own = tuple(SourceOptions(path=str(Path(path).resolve())) for path in args.data)
    values = {**options.model_dump(), **changes, "sources": (*options.sources, *own)}
    for text in args.set:
        apply_override(values, text)
    options = validated(TrainingOptions, values, "command line")
    data = load_data(options, args.root)
    print(f"{len(data.samples)} images to train on, {len(data.held_out)} held out, {data.people} people", flush=True)
    trainer = Trainer(options, data.samples, data.held_out, data.crops, args.output)
    if args.resume:
        trainer.resume()
    with stop_requests(f"the state is in {args.output}: go on with --resume") as is_stopped:
        trainer.run(is_stopped=is_stopped)
