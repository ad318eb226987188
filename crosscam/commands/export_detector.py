"""Turn a checkpoint of crosscam train detector into the .onnx file that `--detector` takes.

    crosscam export detector --checkpoint runs/mine/last.pt --output person_detector.onnx
    crosscam export detector --checkpoint runs/detector/last.pt --config configs/detection/builtin.yaml \
        --root DATA --output tracker/detection/weights/person_detector.onnx

With the training's --config the scores are calibrated on its held-out images: 0.7 then means that 7 of 10 such boxes
are right.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from crosscam.commands.arguments import add_output_file


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command line."""
    parser.add_argument("--checkpoint", type=Path, required=True, metavar="FILE", help="last.pt of a training")
    add_output_file(parser, ".onnx to write", is_required=True)
    parser.add_argument("--config", type=Path, metavar="FILE", help="of the training; scales the scores")
    parser.add_argument("--root", type=Path, default=Path(), metavar="DIR", help="where the config's paths start")
    parser.add_argument("--note", default="", metavar="TEXT", help="goes into the file's properties")


def run(args: argparse.Namespace) -> None:
    """Export, scale the scores where a config is given."""
    from tracker.detection.network import calibrate
    from tracker.detector_training.data import load_data
    from tracker.detector_training.export import export_network
    from tracker.detector_training.int8_samples import calibration
    from tracker.detector_training.options import load_options
    from tracker.detector_training.trainer import load_average

    network = load_average(args.checkpoint)
    if args.config:
        options = load_options(args.config)
        held_out = load_data(options, args.root, only_held_out=True).held_out
        slope, shift = calibration(network, held_out, options.final_size)
        print(f"calibrated on {len(held_out)} images: logit * {slope:.3f} + {shift:.3f}")
        network = calibrate(network, slope, shift)
    export_network(network, args.output, {"note": args.note})
    print(f"{args.output}: {args.output.stat().st_size / 1e6:.2f} MB")
