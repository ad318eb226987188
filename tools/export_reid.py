"""Export a ReID checkpoint to ONNX, OpenVINO or int8 OpenVINO, and check the result against PyTorch.

    python tools/export_reid.py --weights runs/reid/best.pth --output exported
    python tools/export_reid.py --weights runs/reid/best.pth --format int8 --calibration data/Market-1501

Writes NAME.onnx, NAME.xml with NAME.bin, NAME_int8.xml with NAME_int8.bin, where the checkpoint is NAME.pth; --reid of
the other tools takes them.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from pathlib import Path

import _repo_root  # noqa: F401
import numpy as np
from _exit_code import exit_code
from _json_file import json_writer

from crosscam.base.errors import InputError
from crosscam.base.files import create_output_folder
from reid.data.clips import evenly
from reid.data.samples import IMAGE_SUFFIXES
from reid.evaluation.embedding import read_image


def parse_arguments(argv: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, metavar="FILE", help="checkpoint; default: the shipped one")
    parser.add_argument("--output", type=Path, default=Path("output"), metavar="DIR", help="default: output")
    parser.add_argument(
        "--format", nargs="+", choices=("onnx", "openvino", "int8"), default=["onnx", "openvino"], help="default: both"
    )
    parser.add_argument("--calibration", type=Path, metavar="DIR", help="folder of person crops, for int8")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the comparison")
    return parser.parse_args(argv)


def read_crops(folder: Path | None, most: int = 300) -> list[np.ndarray]:
    """Evenly chosen images below a folder, BGR uint8; unreadable ones are left out and counted.

    Raises:
        InputError: There is no folder, or no image in it.
    """
    if folder is None or not folder.is_dir():
        raise InputError(f"int8 needs --calibration with a folder of person crops, got '{folder}'")
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in IMAGE_SUFFIXES)
    images = [read_image(files[i]) for i in evenly(len(files), most)]
    found = [image for image in images if image is not None]
    if not found:
        raise InputError(f"'{folder}' holds no readable image")
    if len(found) < len(images):
        print(f"warning: {len(images) - len(found)} images could not be read and were left out", file=sys.stderr)
    return found


def run(args: argparse.Namespace) -> None:
    """Export, compare, print one line per file."""
    from reid.checkpoint import load_checkpoint
    from reid.embedder import SHIPPED
    from reid.export import export_onnx, export_openvino, quantise

    write = json_writer(args.json)
    weights = args.weights or SHIPPED
    checkpoint = load_checkpoint(weights)
    crops = read_crops(args.calibration) if "int8" in args.format else []
    create_output_folder(args.output)
    reports = {}
    for kind in args.format:
        path = args.output / f"{weights.stem}{'_int8' * (kind == 'int8')}{'.onnx' if kind == 'onnx' else '.xml'}"
        if kind == "onnx":
            report = export_onnx(checkpoint, path)
        elif kind == "openvino":
            report = export_openvino(checkpoint, path)
        else:
            report = quantise(checkpoint, crops, path)
        reports[kind] = {"file": str(path), **asdict(report)}
        print(
            f"{path}  largest difference {report.largest_difference:.2g}, smallest cosine "
            f"{report.smallest_cosine:.5f}, between two inputs {report.between_inputs:.2g}"
        )
    write(reports)


def main(argv: list[str] | None = None) -> int:
    """Run the tool; returns the exit code."""
    args = parse_arguments(argv)
    return exit_code(lambda: run(args))


if __name__ == "__main__":
    sys.exit(main())
