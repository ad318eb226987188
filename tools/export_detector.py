"""Turn a checkpoint of tools/train_detector.py into the .onnx file that `--detector` takes.

    python tools/export_detector.py --checkpoint runs/mine/last.pt --output person_detector.onnx
    python tools/export_detector.py --checkpoint runs/detector/last.pt --config configs/detection/builtin.yaml \
        --root DATA --output tracker/detection/weights/person_detector.onnx

With the training's --config the scores are calibrated on its held-out images: 0.7 then means that 7 of 10 such boxes
are right.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import _repo_root  # noqa: F401
from _exit_code import exit_code


def main(argv: list[str] | None = None) -> int:
    """Export; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", type=Path, required=True, help="last.pt of a training")
    parser.add_argument("--output", type=Path, required=True, help=".onnx file to write")
    parser.add_argument("--config", type=Path, help="of the training; calibrates the scores on its held-out images")
    parser.add_argument("--root", type=Path, default=Path(), help="folder that the config's paths start from")
    parser.add_argument("--note", default="", help="goes into the file's properties")
    arguments = parser.parse_args(argv)
    return exit_code(lambda: _export(arguments))


def _export(arguments: argparse.Namespace) -> None:
    from tracker.detection.network import calibrate
    from tracker.detector_training.data import load_data
    from tracker.detector_training.export import export_network
    from tracker.detector_training.int8_samples import calibration
    from tracker.detector_training.options import load_options
    from tracker.detector_training.trainer import load_average

    network = load_average(arguments.checkpoint)
    if arguments.config:
        options = load_options(arguments.config)
        held_out = load_data(options, arguments.root, only_held_out=True).held_out
        slope, shift = calibration(network, held_out, options.final_size)
        print(f"calibrated on {len(held_out)} images: logit * {slope:.3f} + {shift:.3f}")
        network = calibrate(network, slope, shift)
    export_network(network, arguments.output, {"note": arguments.note})
    print(f"{arguments.output}: {arguments.output.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    sys.exit(main())
