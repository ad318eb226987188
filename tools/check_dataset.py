"""Check a copy of a ReID data set: found against expected counts, and what is missing.

    python tools/check_dataset.py --dataset market1501 --root data/Market-1501 --images

Exit code 0: complete; 1: something differs or is missing; 2: not this data set. A folder of tracklets has no published
counts and is counted only. With --images every image is decoded.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import _repo_root  # noqa: F401
from _exit_code import exit_code
from _json_file import json_writer

from reid.data import DATASETS, ReidDataset
from reid.data.samples import counts
from reid.evaluation.embedding import read_image
from reid.evaluation.options import read_options
from reid.evaluation.run import read_splits

SHOWN = 10  # names printed; --json holds all


def parse_arguments(argv: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", required=True, metavar="NAME", help=", ".join(DATASETS))
    parser.add_argument("--root", type=Path, required=True, metavar="DIR", help="the data set's folder")
    parser.add_argument("--images", action="store_true", help="also decode every image")
    parser.add_argument("--config", type=Path, metavar="FILE", help="YAML with a section data: options of the data set")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="e.g. data.boxes=labeled")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the findings as JSON")
    return parser.parse_args(argv)


def check(dataset: ReidDataset, expected: dict[str, int], absent: list[Path], decode: bool) -> dict[str, Any]:
    """Counts, differences, absent files and folders and, if asked for, damaged images of one split."""
    samples = tuple(dict.fromkeys([*dataset.train, *dataset.query, *dataset.gallery]))
    if "held-out" in dataset.protocol:  # a part of the training people: count them together again
        dataset = replace(dataset, train=samples, query=(), gallery=())
        expected = {key: value for key, value in expected.items() if key.startswith("train")}
    found = counts(dataset)
    paths = dict.fromkeys(path for sample in samples for path in sample.paths) if decode else {}
    return {
        "protocol": dataset.protocol,
        "found": found,
        "expected": expected,
        "different": {key: [found[key], value] for key, value in expected.items() if found[key] != value},
        "missing": [str(path) for path in [*absent, *dataset.missing]],
        "damaged": [str(path) for path in paths if read_image(path) is None],
        "cameras": sorted({sample.camera_id for sample in samples}),
    }


def run(args: argparse.Namespace) -> bool:
    """Check, print, write; True when nothing is wrong."""
    write = json_writer(args.json)
    options, _ = read_options(args.config, args.set)
    datasets = read_splits(args.dataset, args.root, None, options)
    reader = DATASETS[args.dataset]
    expected = {} if "boxes" in options or "gallery" in options else reader.expected
    absent = [args.root / name for name in reader.folders if not (args.root / name).is_dir()]
    reports = [check(dataset, expected, absent, args.images) for dataset in datasets]
    for report in reports:
        print_report(args.dataset, report)
    write({"dataset": args.dataset, "splits": reports})
    return not any(report[key] for report in reports for key in ("different", "missing", "damaged"))


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


def main(argv: list[str] | None = None) -> int:
    """Run the tool; returns the exit code."""
    args = parse_arguments(argv)
    return exit_code(lambda: 0 if run(args) else 1)


if __name__ == "__main__":
    sys.exit(main())
