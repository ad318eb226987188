"""Check a copy of a ReID data set: found against expected counts, and what is missing.

    crosscam check-data --dataset market1501 --root data/Market-1501 --images

Exit code 0: complete; 1: something differs or is missing; 2: not this data set. A folder of tracklets has no published
counts and is counted only. With --images every image is decoded.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from crosscam.base.json_file import json_writer
from crosscam.commands.arguments import add_json, add_settings
from reid.data import DATASETS
from reid.data.completeness import check_dataset
from reid.evaluation.options import read_options
from reid.evaluation.run import read_splits

SHOWN = 10  # names printed; --json holds all


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command line."""
    parser.add_argument("--dataset", required=True, metavar="NAME", help=", ".join(DATASETS))
    parser.add_argument("--root", type=Path, required=True, metavar="DIR", help="the data set's folder")
    parser.add_argument("--images", action="store_true", help="also decode every image")
    add_settings(parser, "YAML with a section data: options of the data set", "data.boxes=labeled")
    add_json(parser, "the findings")


def run(args: argparse.Namespace) -> int:
    """Check, print, write; 0 when nothing is wrong, else 1."""
    write = json_writer(args.json)
    options, _ = read_options(args.config, args.set)
    datasets = read_splits(args.dataset, args.root, None, options)
    reader = DATASETS[args.dataset]
    expected = {} if "boxes" in options or "gallery" in options else reader.expected
    absent = [args.root / name for name in reader.folders if not (args.root / name).is_dir()]
    reports = [check_dataset(dataset, expected, absent, args.images) for dataset in datasets]
    for report in reports:
        print_report(args.dataset, report)
    write({"dataset": args.dataset, "splits": reports})
    return int(any(report[key] for report in reports for key in ("different", "missing", "damaged")))


def print_report(name: str, report: dict[str, Any]) -> None:
    """One table, and the first names of what is missing or damaged."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"{name}: {report['protocol']}")
    for column in ("count", "found", "expected", ""):
        table.add_column(column, justify="left" if column in ("count", "") else "right")
    for key, value in report["found"].items():
        wanted = report["expected"].get(key)
        mark = "" if wanted is None else "ok" if wanted == value else f"{value - wanted:+d}"
        table.add_row(key.replace("_", " "), str(value), "" if wanted is None else str(wanted), mark)
    console = Console()
    console.print(table)
    for key in ("missing", "damaged"):
        names = report[key]
        if names:
            console.print(f"{len(names)} {key}:", highlight=False)
            for path in names[:SHOWN]:
                console.print(f"  {path}", highlight=False, soft_wrap=True)
            if len(names) > SHOWN:
                console.print(f"  and {len(names) - SHOWN} more", highlight=False)
