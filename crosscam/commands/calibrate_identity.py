"""Error rates of appearance on labelled tracklets, per camera pair, and a calibration for `cross_camera.calibration`.

Tracklets come from a run (its tracking.sqlite), the people's names from ground truth in MOT format. The table answers
"which threshold?": it tells, for wished false-match rates, the similarity to ask for and how many matches are lost.

    crosscam calibrate identity --results output --ground-truth gt --output calibration.json
    crosscam track ... --set cross_camera.calibration=calibration.json
"""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from crosscam.base.json_file import json_writer
from crosscam.commands.arguments import add_json, add_output_file
from tracker.cross_camera.evidence.labelled_pairs import compare_labelled, error_rates, threshold_at, write_calibration
from tracker.evaluation.mot_data import read_ground_truth
from tracker.evaluation.named_tracklets import name_tracklets
from tracker.output.store.reader import StoreReader, store_file


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command line."""
    add = parser.add_argument
    add("--results", type=Path, required=True, metavar="DIR", help="output folder of a run, or its tracking.sqlite")
    add("--ground-truth", type=Path, required=True, metavar="DIR", help="folder of ground truth, names as the cameras")
    add("--false-match-rate", type=float, nargs="+", default=[0.01, 0.001], metavar="R", help="wished (0.01 0.001)")
    add_output_file(parser, "the calibration")
    add_json(parser, "the table")


def check_arguments(parser: argparse.ArgumentParser, args: argparse.Namespace) -> None:
    """Arguments that must fit each other."""
    if not all(0 < rate <= 0.5 for rate in args.false_match_rate):
        parser.error("--false-match-rate must be above 0 and at most 0.5")


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
