r"""Training images for the detector out of videos without labels: boxes where two detectors agree, doubt ignored.

    crosscam label --videos A.mp4 B.mp4 --detectors yolox_nano.onnx person-detection.xml \
        --output labelled/

Writes `images/*.jpg` and `annotations.json` (COCO; `iscrowd` 1 marks regions that training ignores).
"""

from __future__ import annotations

import argparse
from pathlib import Path

from crosscam.commands.arguments import add_device, add_output_folder


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command line."""
    add = parser.add_argument
    add("--videos", nargs="+", required=True, type=Path, metavar="FILE", help="where people are seen")
    add("--detectors", nargs=2, required=True, metavar="WEIGHTS", help=".onnx or .xml of two families")
    add_output_folder(parser, "images and annotations")
    add("--every", default=2.0, type=float, metavar="S", help="seconds between frames (2)")
    add("--fixed", action="store_true", help="cameras do not move: what stays in place is furniture")
    add("--long-side", default=640, type=int, metavar="PX", help="images are made no larger, in pixels (640)")
    add_device(parser)


def run(args: argparse.Namespace) -> None:
    """Label all frames and write the annotations."""
    from tracker.detection import build_detector
    from tracker.detection.onnx import OnnxOptions
    from tracker.detector_training.labelling import label_videos

    device = {} if args.device is None else {"device": args.device}
    options = [OnnxOptions(weights=weights, min_score=0.15, **device) for weights in args.detectors]
    first, second = (build_detector(option, ("frames",)) for option in options)
    annotations = label_videos(args.videos, first, second, args.output, args.every, args.long_side, args.fixed)
    ignored = sum(entry["iscrowd"] for entry in annotations["annotations"])
    people = len(annotations["annotations"]) - ignored
    print(f"{len(annotations['images'])} images, {people} people, {ignored} ignored regions")
