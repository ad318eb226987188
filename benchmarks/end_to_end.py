"""Frames per second of whole runs, videos in to annotated videos out: ours and the peers', taking turns.

    python benchmarks/end_to_end.py VIDEO [VIDEO ...] --detector yolox_nano.onnx --reid osnet_x0_25_msmt17.pth \
        --peers-script end_to_end.py --peers-python PYTHON --cache DIR --frames 100 --rounds 3 --json FILE

Ours is `tools/run_tracker.py` in a process of its own; loading the models is left out, for us as for the peers,
everything else (reading, detection, embedding, association, drawing, H.264 writing) counts. The peers' script measures
the peers in processes of their own. Without `--peers-script` only ours runs.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.record import ROOT, write_record

PEERS = ("boxmot BoT-SORT + OSNet, torch", "trackers ByteTrack + supervision, ONNX Runtime")


def run_ours(args: argparse.Namespace) -> dict[str, Any]:
    """One run of our tool -> frames per second and seconds by stage."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, str(ROOT / "tools" / "run_tracker.py"), "--videos", *map(str, args.videos)]
        command += ["--output", folder, "--quiet", "--max-frames", str(args.frames)]
        for flag in ("detector", "reid"):
            if getattr(args, flag):
                command += [f"--{flag}", getattr(args, flag)]
        subprocess.run(command, check=True)
        report = json.loads((Path(folder) / "run.json").read_text(encoding="utf-8"))
    return {"fps": report["frames_per_second"]["total"], "seconds": report["seconds"], "counts": report["counts"]}


def run_peers(args: argparse.Namespace) -> dict[str, float]:
    """One round of the peers' script -> frames per second by pipeline."""
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        command = [args.peers_python, str(args.peers_script), "--cache", str(args.cache), "--frames", str(args.frames)]
        for name in args.peer or PEERS:
            command += ["--only", name]
        subprocess.run([*command, "--json", file.name, *map(str, args.videos)], check=True, stdout=subprocess.DEVNULL)
        rows = json.loads(Path(file.name).read_text(encoding="utf-8"))["rows"]
    return {row["pipeline"]: row["fps"] for row in rows if "fps" in row}


def summary(values: list[float]) -> dict[str, float]:
    """Median and spread over the rounds."""
    return {"median": round(statistics.median(values), 1), "min": round(min(values), 1), "max": round(max(values), 1)}


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("videos", nargs="+", type=Path)
    parser.add_argument("--detector", help="as in run_tracker.py; the built-in one if left out")
    parser.add_argument("--reid", help="as in run_tracker.py; the built-in one if left out")
    parser.add_argument("--frames", type=int, default=100, help="frames of each video")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peers-script", type=Path)
    parser.add_argument("--peer", action="append", metavar="NAME", help="a pipeline of that script; both by default")
    parser.add_argument("--peers-python", default=sys.executable)
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "peers-cache")
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


def main() -> int:
    args = parse_arguments()
    ours: list[dict[str, Any]] = []
    peers: dict[str, list[float]] = {}
    for number in range(1, args.rounds + 1):
        ours.append(run_ours(args))
        print(f"round {number}: ours {ours[-1]['fps']:.1f} frames/s", flush=True)
        if args.peers_script:
            for name, fps in run_peers(args).items():
                peers.setdefault(name, []).append(fps)
                print(f"round {number}: {name} {fps:.1f} frames/s", flush=True)
    own = summary([run["fps"] for run in ours])
    rows: dict[str, Any] = {"ours": own}
    print(f"ours: {own['median']} frames/s ({own['min']}-{own['max']})")
    for name, values in peers.items():
        rows[name] = {**summary(values), "ours_is_times": round(own["median"] / statistics.median(values), 2)}
        print(f"{name}: {rows[name]['median']} frames/s; ours is {rows[name]['ours_is_times']} times as fast")
    write_record(args.json, {"frames": args.frames, "rows": rows, "our_runs": ours})
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
