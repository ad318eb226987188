"""Identities over the three views of DIVOTrack's scenes: IDF1 over the difficulty of appearance, with and without time.

    python benchmarks/identity_divotrack.py --divotrack DIR --json benchmarks/results/identity_divotrack.json

True boxes of real people, seen by a simulated detector and tracker (misses, jitter, broken tracks) and with simulated
embeddings of a stated difficulty: this measures linking, not detection or ReID. No view is calibrated, so there is no
evidence of place; `motion` says how fast all people of a view move in step, in their heights per second, which is
mostly the camera's own motion. Ways and scores as in `identity_synthetic`.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]

from benchmarks.divotrack import Scene, common_motion, observe_scene, read_scenes
from benchmarks.identity_curves import Row, draw_curves, measure
from benchmarks.identity_modes import Evidence
from benchmarks.record import write_record
from benchmarks.sightings import SightingOptions
from benchmarks.world import World

EVIDENCE = (Evidence(), Evidence(time=True))


def main(argv: Sequence[str] | None = None) -> int:
    """Run all scenes; print as it goes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--divotrack", type=Path, required=True, metavar="DIR", help="folders <scene>_<view>")
    parser.add_argument("--seeds", type=int, default=1, help="simulations of each scene and difficulty")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="picture of the curves, PNG")
    args = parser.parse_args(argv)
    rows: list[Row] = []
    scenes, panels = {}, []
    for scene in read_scenes(args.divotrack):
        motion = {view: round(speed, 2) for view, speed in common_motion(scene).items()}
        seconds = round(max(scene.lengths.values()) / scene.fps, 1)
        print(f"{scene.name}: {scene.people} people, {seconds} s, motion {motion}", flush=True)
        scenes[scene.name] = {"people": scene.people, "seconds": seconds, "motion": motion, "calibrated": False}

        def make(similarity: float, seed: int, scene: Scene = scene) -> World:
            return observe_scene(scene, SightingOptions(similarity=similarity, seed=seed))

        found = measure(make, EVIDENCE, args.seeds)
        rows += [{"scene": scene.name, **row} for row in found]
        panels.append((f"{scene.name}: {scene.people} people, {seconds:g} s", found))
        write_record(args.json, {"scenes": scenes, "rows": rows})
    if args.plot:
        draw_curves(panels, 3, args.plot)
    return 0


if __name__ == "__main__":
    sys.exit(main())
