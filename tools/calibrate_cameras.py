"""Estimate a `--cameras` file from a run: homographies between overlapping views, a metric floor, clock offsets.

Nothing need be known of the cameras, whose clocks may differ by up to 2.5 s: people who are linked by appearance give
corresponding feet. What is written is an estimate (people are taken to be 1.7 m tall); measured floor points are
better, see the header of the written file.

    python tools/calibrate_cameras.py --results output --output cameras.yaml
    python tools/run_tracker.py ... --cameras cameras.yaml
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import _repo_root  # noqa: F401
import numpy as np
import yaml
from _exit_code import exit_code
from _json_file import json_writer

from crosscam.base.errors import InputError
from crosscam.base.files import write_text
from tracker.cross_camera.floor.camera_calibration import chain_to, fit_view_pairs, metric_floor, view_clocks
from tracker.cross_camera.floor.cameras import load_cameras
from tracker.cross_camera.floor.clock import clock_offsets
from tracker.cross_camera.floor.ground import GroundPlane
from tracker.cross_camera.floor.ground_paths import ground_path
from tracker.output.store.reader import StoreReader, store_file
from tracker.structures import TrackingResult

HEADER = """# Estimated by calibrate_cameras.py from people in overlapping views, who are taken to be 1.7 m tall.
# Better: give each camera at least four measured floor points instead of the homography,
#   points: [{image: [x, y], ground: [metres, metres]}, ...]
"""


def parse_arguments(argv: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--results", type=Path, required=True, metavar="DIR", help="output folder of a run, or its tracking.sqlite")
    add("--cameras", type=Path, metavar="FILE", help="a cameras file that is known: only clock offsets are estimated")
    add("--output", type=Path, metavar="FILE", help="write the estimated cameras file")
    add("--json", type=Path, metavar="FILE", help="write all figures as JSON")
    return parser.parse_args(argv)


def run(args: argparse.Namespace) -> None:
    """Read, estimate, print, write."""
    write = json_writer(args.json)
    with StoreReader(store_file(args.results)) as store:
        result = store.result()
    names = [camera.name for camera in result.cameras]
    clocks = {} if args.cameras else view_clocks(result.identities)
    ground, report = _known(args.cameras, names) if args.cameras else _estimate(result, clocks)
    offsets = _offsets(result, ground, clocks)
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


def _known(path: Path, names: list[str]) -> tuple[dict[str, GroundPlane], dict[str, Any]]:
    return load_cameras(path, names).ground, {}


def _offsets(result: TrackingResult, ground: dict[str, GroundPlane], clocks: dict[str, float]) -> dict[str, float]:
    """Clock offsets by camera, those found with the views made more exact on the floor."""
    people, tracklets = zip(*result.tracklets(), strict=True)
    cameras = [tracklet.camera_id for tracklet in tracklets]
    paths = [ground_path(tracklet, ground.get(tracklet.camera_id)) for tracklet in tracklets]
    return clock_offsets(paths, cameras, people, clocks)


def _estimate(result: TrackingResult, clocks: dict[str, float]) -> tuple[dict[str, GroundPlane], dict[str, Any]]:
    pairs = fit_view_pairs(result.identities, clocks)
    if not pairs:
        raise InputError("no two views show enough of the same people at once: nothing to calibrate from")
    for pair in pairs:
        quality = f"{pair.inliers:.0%} of {pair.points} feet agree, to {pair.error_heights:.2f} heights"
        print(f"{pair.source} -> {pair.target}: {quality}")
    seen = Counter(name for pair in pairs for name in (pair.source, pair.target))
    widths = {camera.name: camera.width for camera in result.cameras}
    for reference, _ in seen.most_common():
        tracklets = [t for _, t in result.tracklets() if t.camera_id == reference]
        floor = metric_floor(tracklets, widths[reference])
        if floor is not None:
            chain = chain_to(reference, pairs)
            planes = {name: GroundPlane(_scaled(floor @ matrix)) for name, matrix in sorted(chain.items())}
            rows = [{k: v for k, v in vars(pair).items() if k != "homography"} for pair in pairs]
            return planes, {"pairs": rows, "reference": reference}
    raise InputError("box heights do not fit a floor in any view: people must walk near and far from the camera")


def _scaled(matrix: np.ndarray) -> np.ndarray:
    return matrix / np.linalg.norm(matrix)


def main(argv: list[str] | None = None) -> int:
    """Run the tool; returns the exit code."""
    args = parse_arguments(argv)
    return exit_code(lambda: run(args))


if __name__ == "__main__":
    sys.exit(main())
