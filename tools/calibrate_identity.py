"""Error rates of appearance on labelled tracklets, per camera pair, and a calibration for `cross_camera.calibration`.

Tracklets come from a run (its tracking.sqlite), the people's names from ground truth in MOT format. The table answers
"which threshold?": it tells, for wished false-match rates, the similarity to ask for and how many matches are lost.

    python tools/calibrate_identity.py --results output --ground-truth gt --output calibration.json
    python tools/run_tracker.py ... --set cross_camera.calibration=calibration.json
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import _repo_root  # noqa: F401
import numpy as np
from _exit_code import exit_code
from _json_file import json_writer
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from crosscam.base.boxes import box_iou
from tracker.cross_camera.evidence.labelled_pairs import compare_labelled, error_rates, threshold_at, write_calibration
from tracker.evaluation.mot_data import MotData, read_ground_truth
from tracker.output.store.reader import StoreReader, store_file
from tracker.structures import Tracklet

MIN_IOU = 0.5
MIN_SHARE = 0.6
"""Share of a tracklet's boxes that must lie on one person to give it that name."""


def parse_arguments(argv: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--results", type=Path, required=True, metavar="DIR", help="output folder of a run, or its tracking.sqlite")
    add("--ground-truth", type=Path, required=True, metavar="DIR", help="folder of ground truth, names as the cameras")
    add("--false-match-rate", type=float, nargs="+", default=[0.01, 0.001], metavar="R", help="wished (0.01 0.001)")
    add("--output", type=Path, metavar="FILE", help="write the calibration")
    add("--json", type=Path, metavar="FILE", help="write the table as JSON")
    args = parser.parse_args(argv)
    if not all(0 < rate <= 0.5 for rate in args.false_match_rate):
        parser.error("--false-match-rate must be above 0 and at most 0.5")
    return args


def name_tracklets(tracklets: Sequence[Tracklet], truth: dict[str, MotData]) -> NDArray[np.int64]:
    """The person of each tracklet, int64 (N,); -1 where no person has most of its boxes."""
    return np.array([_person(t, truth[t.camera_id]) if t.camera_id in truth else -1 for t in tracklets], np.int64)


def _person(tracklet: Tracklet, truth: MotData) -> int:
    votes: Counter[int] = Counter()
    for frame, box in zip(tracklet.frame_indices.tolist(), tracklet.boxes, strict=True):
        rows = np.flatnonzero((truth.frames == frame + 1) & truth.counted)
        if len(rows):
            overlap = box_iou(box[None], truth.boxes[rows])[0]
            if overlap.max() >= MIN_IOU:
                votes[int(truth.ids[rows[overlap.argmax()]])] += 1
    person, count = votes.most_common(1)[0] if votes else (-1, 0)
    return person if count >= MIN_SHARE * len(tracklet) else -1


def run(args: argparse.Namespace) -> None:
    """Name, compare, print, write."""
    write = json_writer(args.json)
    with StoreReader(store_file(args.results)) as store:
        tracklets = store.tracklets()
        model = store.meta().get("reid_model", "none")
    people = name_tracklets(tracklets, read_ground_truth(args.ground_truth))
    named = [t for t, person in zip(tracklets, people.tolist(), strict=True) if person >= 0]
    pairs = compare_labelled(named, people[people >= 0])
    table = Table(title=f"{len(named)} of {len(tracklets)} tracklets named; ReID model {model}", title_justify="left")
    for heading in ("wished", "similarity", "cameras", "same", "different", "false match", "false non-match"):
        table.add_column(heading, justify="right" if heading != "cameras" else "left")
    report = []
    for wished in args.false_match_rate:
        threshold = threshold_at(pairs, wished)
        for rates in error_rates(pairs, threshold):
            figures = {"wished_false_match_rate": wished, "similarity": threshold, **asdict(rates)}
            report.append({key: None if value != value else value for key, value in figures.items()})  # NaN: no JSON
            shown = [f"{x:.4f}" for x in (rates.false_match_rate, rates.false_non_match_rate)]
            counts = [str(rates.same_pairs), str(rates.different_pairs)]
            table.add_row(f"{wished:g}", f"{threshold:.3f}", " - ".join(rates.cameras), *counts, *shown)
    Console().print(table)
    if args.output:
        write_calibration(args.output, pairs, model)
        print(f"calibration written to {args.output}; use it with --set cross_camera.calibration={args.output}")
    write({"reid_model": model, "rates": report})


def main(argv: list[str] | None = None) -> int:
    """Run the tool; returns the exit code."""
    args = parse_arguments(argv)
    return exit_code(lambda: run(args))


if __name__ == "__main__":
    sys.exit(main())
