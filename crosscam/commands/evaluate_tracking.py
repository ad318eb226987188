"""Score tracking results against ground truth: HOTA, CLEAR, Identity per camera, pooled and over all cameras.

    crosscam evaluate tracking --ground-truth gt --results output --json scores.json
    crosscam evaluate tracking --ground-truth gt --results output --plots plots --videos cam1.mp4 cam2.mp4

Ground truth is `<name>.txt` or `<name>/gt/gt.txt` in MOT format, results are `<name>.txt`. Rows of the ground truth
with 0 in column 7 are ignore regions. Frames after the last one with ground truth (of all files, or `seqLength` of a
`seqinfo.ini`) are not scored, unless --last-frame says so.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from rich.console import Console

from crosscam.base.json_file import json_writer
from crosscam.commands.arguments import add_json
from tracker.evaluation.confusion_picture import draw_confusions
from tracker.evaluation.mot_data import read_ground_truth, read_results
from tracker.evaluation.plots import plot_hota, plot_identity_timeline
from tracker.evaluation.report import identity_line, score_table, write_csv
from tracker.evaluation.tracking import evaluate


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command line."""
    parser.add_argument("--ground-truth", type=Path, required=True, metavar="DIR", help="folder of ground truth")
    parser.add_argument("--results", type=Path, required=True, metavar="DIR", help="folder of results, MOT text")
    parser.add_argument("--last-frame", type=int, metavar="N", help="score frames 1 to N")
    add_json(parser, "all scores")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write all scores as CSV")
    parser.add_argument("--plots", type=Path, metavar="DIR", help="write hota.png and identities.png there")
    parser.add_argument(
        "--videos",
        type=Path,
        nargs="+",
        metavar="FILE",
        help="with --plots: also confusions.jpg, crops of wrong merges",
    )


def check_arguments(parser: argparse.ArgumentParser, args: argparse.Namespace) -> None:
    """Arguments that must fit each other."""
    if args.videos and not args.plots:
        parser.error("--videos needs --plots DIR: that is where the picture of wrong merges goes")


def run(args: argparse.Namespace) -> None:
    """Read, score, print and write."""
    write = json_writer(args.json)
    truth = read_ground_truth(args.ground_truth)
    scores = evaluate(truth, read_results(args.results, truth), args.last_frame)
    console = Console()
    console.print(score_table(scores))
    console.print(identity_line(scores), highlight=False, soft_wrap=True)
    if scores.rows_after_end:
        note = f"{scores.rows_after_end} result rows after the last frame of the ground truth were not scored"
        print(note, file=sys.stderr)
    write(scores.to_dict())
    if args.csv:
        write_csv(scores, args.csv)
    if args.plots:
        args.plots.mkdir(parents=True, exist_ok=True)
        plot_hota(scores, args.plots / "hota.png")
        plot_identity_timeline(scores, args.plots / "identities.png")
        if args.videos:
            draw_confusions(scores, args.videos, args.plots / "confusions.jpg")
