"""Identities over the three views of DIVOTrack's scenes: IDF1 over the difficulty of appearance, with and without time.

    python benchmarks/identity/divotrack.py --divotrack DIR --json benchmarks/results/identity_divotrack.json

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
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from benchmarks.identity.curves import Panel, draw_curves, measure_all
from benchmarks.identity.modes import Evidence
from benchmarks.record import write_record
from benchmarks.worlds.divotrack import Scene, common_motion, observe_scene, read_scenes
from benchmarks.worlds.sightings import SightingOptions
from benchmarks.worlds.world import World

EVIDENCE = (Evidence(), Evidence(time=True))


@dataclass(frozen=True)
class Maker:
    """Makes worlds of one scene."""

    scene: Scene

    def __call__(self, similarity: float, seed: int) -> World:
        return observe_scene(self.scene, SightingOptions(similarity=similarity, seed=seed))


def facts(scene: Scene) -> dict[str, Any]:
    """What a scene is like."""
    motion = {view: round(speed, 2) for view, speed in common_motion(scene).items()}
    seconds = round(max(scene.lengths.values()) / scene.fps, 1)
    boxes = {view: len(rows) for view, rows in scene.rows.items()}
    return {"people": scene.people, "seconds": seconds, "boxes": boxes, "motion": motion, "calibrated": False}


def main(argv: Sequence[str] | None = None) -> int:
    """Run all scenes; print as it goes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--divotrack", type=Path, required=True, metavar="DIR", help="folders <scene>_<view>")
    parser.add_argument("--seeds", type=int, default=1, help="simulations of each scene and difficulty")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="simulations at once")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="picture of the curves, PNG")
    args = parser.parse_args(argv)
    scenes = {scene.name: scene for scene in read_scenes(args.divotrack)}
    about = {name: facts(scene) for name, scene in scenes.items()}
    for name, known in about.items():
        print(f"{name}: " + "  ".join(f"{key} {value}" for key, value in known.items()), flush=True)
    few_first = sorted(scenes, key=lambda name: sum(about[name]["boxes"].values()))
    panels = [Panel(name, Maker(scenes[name]), EVIDENCE, EVIDENCE[-1:], args.seeds) for name in few_first]
    for rows in measure_all(panels, args.jobs):
        write_record(args.json, {"scenes": about, "rows": rows})
    if args.plot:
        draw_curves(rows, 3, args.plot)
    return 0


if __name__ == "__main__":
    sys.exit(main())
