"""Tune the tracker's options on saved detections, and write the best as a preset.

    crosscam tune tracker --ground-truth DIR --detections DIR --trials 50 --output my_preset.yaml

DIR of ground truth holds NAME.txt or NAME/gt/gt.txt (and NAME/seqinfo.ini with the frame rate), DIR of detections
NAME.npy (10 MOT columns and an embedding per row) or NAME.txt. The preset names the sequences it was tuned on: judge it
on others.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from crosscam.base.errors import InputError
from crosscam.base.json_file import json_writer
from crosscam.commands.arguments import add_json, add_output_file, add_settings
from tracker.evaluation.saved_sequences import load_sequences
from tracker.evaluation.tuning import tune, write_preset
from tracker.running.configuration import PRESET_FILES, load_config
from tracker.single_camera.refinement import RefinementOptions


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command line."""
    parser.add_argument("--ground-truth", type=Path, required=True, metavar="DIR", help="folder of ground truth")
    parser.add_argument("--detections", type=Path, required=True, metavar="DIR", help="folder of detections")
    parser.add_argument("--preset", default="default", help="where to start from (default)")
    add_settings(parser, "configuration over the preset", "tracker.max_lost_s=2")
    parser.add_argument("--metric", choices=("HOTA", "IDF1", "MOTA"), default="HOTA", help="what to raise (HOTA)")
    parser.add_argument("--refine", action="store_true", help="score the refined tracklets")
    parser.add_argument("--trials", type=int, default=30, metavar="N", help="how many to try (30)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of what is tried (0)")
    add_output_file(parser, "the best options as a preset, .yaml")
    add_json(parser, "all trials")


def run(args: argparse.Namespace) -> None:
    """Tune, print and write."""
    write = json_writer(args.json)
    if args.output and args.output.suffix.lower() not in PRESET_FILES:
        raise InputError(f"--output {args.output}: a preset ends in .yaml, so that --tracker takes it")
    truth, sequences = load_sequences(args.ground_truth, args.detections)
    start = load_config(args.config, args.preset, args.set).tracker
    refinement = RefinementOptions() if args.refine else None

    def tell(number: int, score: float) -> None:
        print(f"trial {number:3d}  {args.metric} {score:.2f}", file=sys.stderr)

    best, trials = tune(start, truth, sequences, args.metric, refinement, args.trials, args.seed, tell)
    highest = max(trial["value"] for trial in trials)
    note = f"Tuned for {args.metric} on {', '.join(sorted(truth))}: {highest:.2f} after {args.trials} trials."
    print(f"{note} The start scored {trials[0]['value']:.2f}.")
    if args.output:
        write_preset(args.output, best, note)
        print(f"written to {args.output}; use it with --tracker {args.output}")
    write({"note": note, "trials": trials})
