"""Export a ReID checkpoint to ONNX, OpenVINO or int8 OpenVINO, and check the result against PyTorch.

    crosscam export reid --weights runs/reid/best.pth --output exported
    crosscam export reid --weights runs/reid/best.pth --format int8 --calibration data/Market-1501

Writes NAME.onnx, NAME.xml with NAME.bin, NAME_int8.xml with NAME_int8.bin, where the checkpoint is NAME.pth; --reid of
the other tools takes them.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np

from crosscam.base.errors import InputError
from crosscam.base.files import create_output_folder
from crosscam.base.images import read_image
from crosscam.base.json_file import json_writer
from crosscam.commands.arguments import add_json, add_output_folder
from reid.data.clips import evenly
from reid.data.samples import IMAGE_SUFFIXES


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command line."""
    parser.add_argument("--weights", type=Path, metavar="FILE", help="checkpoint; default: the shipped one")
    add_output_folder(parser, "for the exported files", "output")
    parser.add_argument(
        "--format", nargs="+", choices=("onnx", "openvino", "int8"), default=["onnx", "openvino"], help="default: both"
    )
    parser.add_argument("--calibration", type=Path, metavar="DIR", help="folder of person crops, for int8")
    add_json(parser, "the comparison")


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
