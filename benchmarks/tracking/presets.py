"""HOTA, IDF1 and MOTA of presets on saved detections, online and refined.

    python benchmarks/tracking/presets.py --ground-truth DIR --detections DIR [--preset default bytetrack ...]
        [--json FILE]

DIR of ground truth holds NAME/gt/gt.txt (and NAME/seqinfo.ini with the frame rate) or NAME.txt; DIR of detections holds
NAME.npy with 10 MOT columns and an embedding per row, or NAME.txt. No image is read, so the camera's motion is not
compensated.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.peers import preset_options
from benchmarks.record import write_record
from tracker.evaluation.mot_data import MotData
from tracker.evaluation.replay import SavedSequence, mot_rows, replay
from tracker.evaluation.saved_sequences import load_sequences
from tracker.evaluation.tracking import evaluate
from tracker.single_camera.refinement import RefinementOptions

SHOWN = ("HOTA", "DetA", "AssA", "IDF1", "MOTA", "id_switches")


def main(argv: list[str] | None = None) -> int:
    """Run the benchmark and print one line per preset and sequence."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ground-truth", type=Path, required=True, metavar="DIR")
    parser.add_argument("--detections", type=Path, required=True, metavar="DIR")
    parser.add_argument("--preset", nargs="+", default=["default"], help="files of tracker/presets")
    parser.add_argument("--no-refinement", action="store_true", help="score the online tracks only")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all scores there")
    args = parser.parse_args(argv)
    truth, sequences = load_sequences(args.ground_truth, args.detections)
    rows = []
    for preset in args.preset:
        for refined in [False] if args.no_refinement else [False, True]:
            row = run_preset(preset, RefinementOptions() if refined else None, truth, sequences)
            print_row(row)
            rows.append(row)
    write_record(args.json, {"rows": rows})
    return 0


def run_preset(
    preset: str, refinement: RefinementOptions | None, truth: dict[str, MotData], sequences: list[SavedSequence]
) -> dict[str, Any]:
    """Track all sequences and score them."""
    options = preset_options(preset)
    started = time.perf_counter()
    tracked = {sequence.name: replay(sequence, options, refinement) for sequence in sequences}
    seconds = time.perf_counter() - started
    results = {name: MotData.from_rows(mot_rows(tracklets)) for name, tracklets in tracked.items()}
    scores = evaluate(truth, results)
    return {
        "preset": preset,
        "refined": refinement is not None,
        "seconds": round(seconds, 2),
        "combined": {key: scores.combined.get(key) for key in SHOWN},
        "sequences": {name: {key: values.get(key) for key in SHOWN} for name, values in scores.cameras.items()},
    }


def print_row(row: dict[str, Any]) -> None:
    """One line per sequence."""
    print(f"{row['preset']}{' refined' if row['refined'] else ''} ({row['seconds']} s)")
    for name, values in {**row["sequences"], "combined": row["combined"]}.items():
        figures = "  ".join(
            f"{key} {value:.1f}" if isinstance(value, float) else f"{key} {value}" for key, value in values.items()
        )
        print(f"  {name:18s} {figures}")


if __name__ == "__main__":
    raise SystemExit(main())
