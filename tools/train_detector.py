"""Train the built-in person detector, on the project's data or on your own.

    python tools/train_detector.py --data people.json --output runs/mine --hours 2     (COCO .json or YOLO folder)
    python tools/train_detector.py --data people.json --output runs/mine --initial builtin     (on from the shipped one)
    python tools/train_detector.py --config configs/detection/builtin.yaml --root DATA --output runs/detector

The folder gets `last.pt` and `curve.jsonl`; `tools/export_detector.py` makes the file that `--detector` takes.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import _repo_root  # noqa: F401
from _exit_code import exit_code

from crosscam.base.errors import ConfigError


def main(argv: list[str] | None = None) -> int:
    """Train; returns the exit code."""
    arguments = _parser().parse_args(argv)
    return exit_code(lambda: _train(arguments))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, help="YAML with the options of the training")
    parser.add_argument("--data", nargs="+", default=[], metavar="PATH", help="labelled images, beside the config's")
    parser.add_argument("--root", type=Path, default=Path(), help="folder that the config's paths start from")
    parser.add_argument("--output", type=Path, required=True, help="folder for checkpoints and curve")
    parser.add_argument("--hours", type=float, help="length of the training; the schedule follows the clock")
    parser.add_argument("--steps", type=int, help="length of the training in steps instead")
    parser.add_argument(
        "--initial", metavar="FILE", help="start from this .onnx detector, or from the shipped: builtin"
    )
    parser.add_argument("--device", help="cpu, cuda or cuda:N")
    parser.add_argument("--resume", action="store_true", help="continue from last.pt in --output")
    return parser


def _train(arguments: argparse.Namespace) -> None:
    from pydantic import ValidationError

    from tracker.detector_training.data import load_data
    from tracker.detector_training.options import SourceOptions, TrainingOptions, load_options
    from tracker.detector_training.trainer import Trainer
    from tracker.running.configuration import explain

    options = load_options(arguments.config) if arguments.config else TrainingOptions()
    given = {name: getattr(arguments, name) for name in ("hours", "steps", "initial", "device")}
    changes = {name: value for name, value in given.items() if value is not None}
    own = tuple(SourceOptions(path=str(Path(path).resolve())) for path in arguments.data)
    try:
        options = TrainingOptions.model_validate(
            {**options.model_dump(), **changes, "sources": (*options.sources, *own)}
        )
    except ValidationError as error:
        raise ConfigError(f"command line: {explain(error)}") from error
    data = load_data(options, arguments.root)
    print(f"{len(data.samples)} images to train on, {len(data.held_out)} held out, {data.people} people", flush=True)
    trainer = Trainer(options, data.samples, data.held_out, data.crops, arguments.output)
    if arguments.resume:
        trainer.resume()
    trainer.run()


if __name__ == "__main__":
    sys.exit(main())
