"""Score a person detector on MOTChallenge sequences: average precision, recall at few false boxes, miss rate, time.

    crosscam evaluate detector --sequences MOT/PETS09-S2L1 MOT/TUD-Campus --detector builtin
    crosscam evaluate detector --sequences MOT/TUD-Campus --detections MOT/TUD-Campus/det/det.txt

A sequence is a folder with gt/gt.txt beside img1/ or one video. Rows with 0 in column 7, of other classes than
pedestrian and people smaller than --min-height are ignored: a box on one is neither right nor wrong.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from crosscam.base.errors import ConfigError
from crosscam.base.json_file import json_writer
from crosscam.commands.arguments import add_device, add_json, add_settings
from tracker.detection import build_detector, detector_section
from tracker.evaluation.detection import RECALL_POINTS
from tracker.evaluation.detector import run_detector
from tracker.running.configuration import load_config

MIN_SCORE = 0.02
"""Average precision wants the weak boxes too; --set detector.min_score=... wins."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command line."""
    parser.add_argument("--sequences", type=Path, nargs="+", required=True, metavar="DIR", help="MOTChallenge folders")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--detector", default="builtin", metavar="NAME_OR_WEIGHTS", help="what is scored (builtin)")
    what.add_argument("--detections", nargs="+", metavar="FILE", help="stored boxes instead, one file per sequence")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="score each n-th frame (1)")
    parser.add_argument("--min-height", type=float, default=0.0, metavar="PX", help="smaller people do not count (0)")
    add_settings(parser, "YAML with a section detector", "detector.input_size=640")
    add_device(parser)
    add_json(parser, "all figures")


def check_arguments(parser: argparse.ArgumentParser, args: argparse.Namespace) -> None:
    """Arguments that must fit each other."""
    if args.every < 1:
        parser.error("--every must be 1 or more")


def run(args: argparse.Namespace) -> None:
    """Detect, score, print and write."""
    write = json_writer(args.json)
    names = [folder.resolve().name for folder in args.sequences]
    if len(set(names)) < len(names):
        raise ConfigError("two sequences have one name; their figures could not be told apart")
    section = {"name": "mot_file", "files": args.detections} if args.detections else detector_section(args.detector)
    options = load_config(
        args.config, None, args.set, {"detector": {**section, "min_score": MIN_SCORE}}, args.device
    ).detector
    detector = build_detector(options, names)
    figures: dict[str, dict[str, Any]] = {}
    for name, folder in zip(names, args.sequences, strict=True):
        sequence = run_detector(detector, folder, args.every, args.min_height)
        figures[name] = {**asdict(sequence.scores()), "milliseconds": sequence.milliseconds}
    Console().print(figure_table(figures))
    write({"sequences": figures, "mean": {key: _mean(figures, key) for key in ("ap50", "ap50_95")}})


def figure_table(figures: Mapping[str, Mapping[str, Any]]) -> Table:
    """One row per sequence and their mean; shares in percent."""
    table = Table(title="Detection scores, percent", title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("sequence", no_wrap=True)
    recalls = [f"R@{rate:g}" for rate in RECALL_POINTS]
    for name in ("people", "AP50", "AP50:95", *recalls, "miss", "ms"):
        table.add_column(name, justify="right", no_wrap=True)
    for name, row in figures.items():
        shares = [row["ap50"], row["ap50_95"], *row["recall_at"].values(), row["miss_rate"]]
        table.add_row(name, str(row["people"]), *(f"{100 * s:.1f}" for s in shares), f"{row['milliseconds']:.1f}")
    if len(figures) > 1:
        table.add_section()
        table.add_row("mean", "", *(f"{100 * _mean(figures, key):.1f}" for key in ("ap50", "ap50_95")))
    return table


def _mean(figures: Mapping[str, Mapping[str, Any]], key: str) -> float:
    """Over the sequences that have people."""
    return float(np.nanmean([row[key] for row in figures.values()]))
