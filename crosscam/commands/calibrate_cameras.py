"""Estimate a `--cameras` file from a run: homographies between overlapping views, a metric floor, clock offsets.

Nothing need be known of the cameras, whose clocks may differ by up to 2.5 s: people who are linked by appearance give
corresponding feet. What is written is an estimate (people are taken to be 1.7 m tall); measured floor points are
better, see the header of the written file.

    crosscam calibrate cameras --results output --output cameras.yaml
    crosscam track ... --cameras cameras.yaml
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import yaml

from crosscam.base.errors import InputError
from crosscam.base.files import write_text
from crosscam.base.json_file import json_writer
from crosscam.commands.arguments import add_json, add_output_file
from tracker.cross_camera.floor.camera_calibration import view_clocks
from tracker.cross_camera.floor.cameras import load_cameras
from tracker.cross_camera.floor.ground_estimate import estimate_ground, floor_offsets
from tracker.output.store.reader import StoreReader, store_file

HEADER = """# Estimated by crosscam calibrate cameras from people in overlapping views, who are taken to be 1.7 m tall.
# Better: give each camera at least four measured floor points instead of the homography,
#   points: [{image: [x, y], ground: [metres, metres]}, ...]
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command line."""
    add = parser.add_argument
    add("--results", type=Path, required=True, metavar="DIR", help="output folder of a run, or its tracking.sqlite")
    add("--cameras", type=Path, metavar="FILE", help="a cameras file that is known: only clock offsets are estimated")
    add_output_file(parser, "the estimated cameras file")
    add_json(parser, "all figures")


def run(args: argparse.Namespace) -> None:
    """Read, estimate, print, write."""
    write = json_writer(args.json)
    with StoreReader(store_file(args.results)) as store:
        result = store.result()
    if not result.identities:
        raise InputError(f"{args.results} holds no people: there is nothing to calibrate from")
    clocks: dict[str, float] = {}
    report: dict[str, Any] = {}
    if args.cameras:
        ground = load_cameras(args.cameras, [camera.name for camera in result.cameras]).ground
    else:
        clocks = view_clocks(result.identities)
        estimate = estimate_ground(result, clocks)
        ground = estimate.ground
        for pair in estimate.pairs:
            quality = f"{pair.inliers:.0%} of {pair.points} feet agree, to {pair.error_heights:.2f} heights"
            print(f"{pair.source} -> {pair.target}: {quality}")
        rows = [{k: v for k, v in vars(pair).items() if k != "homography"} for pair in estimate.pairs]
        report = {"pairs": rows, "reference": estimate.reference}
    offsets = floor_offsets(result, ground, clocks)
    report["clock_offsets_s"] = offsets
    for name, offset in offsets.items():
        print(f"clock of {name}: {offset:+.2f} s")
    if args.output:
        sizes = {camera.name: [camera.width, camera.height] for camera in result.cameras}
        cameras = {
            name: {
                "size": sizes[name],
                "time_offset_s": round(offsets.get(name, 0.0), 3),
                "homography": plane.homography.tolist(),
            }
            for name, plane in ground.items()
        }
        text = yaml.safe_dump({"cameras": cameras}, sort_keys=False, default_flow_style=None)
        write_text(args.output, HEADER + text)
        print(f"written to {args.output}")
    write(report)
