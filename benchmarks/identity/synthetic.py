"""Identities over cameras in synthetic worlds: IDF1 over the difficulty of appearance, with and without place and time.

    python benchmarks/identity/synthetic.py --json benchmarks/results/identity_synthetic.json
    python benchmarks/identity/synthetic.py --people 20 --cameras 4 --seeds 1 --plot curves.png

Synthetic people (see `synthetic_world`), in cameras whose areas lie apart and in cameras whose areas overlap by a third
and are calibrated. Each row: one way to find identities by one kind of evidence, means over seeds. `offline` has the
whole world in view; `online` decides while it goes on, scored with the numbers as they were shown, where a box without
a number counts as missed, and with those known in the end. `perfect linking` is what the broken tracklets allow.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from benchmarks.identity.curves import Panel, draw_curves, measure_all
from benchmarks.identity.modes import Evidence
from benchmarks.record import write_record
from benchmarks.worlds.synthetic_walks import WorldOptions
from benchmarks.worlds.synthetic_world import make_world
from benchmarks.worlds.world import World

APART_M, OVERLAP_M = 4.0, -3.0
"""Gaps between neighbouring areas."""
EVIDENCE = {
    APART_M: (Evidence(), Evidence(time=True)),
    OVERLAP_M: (Evidence(time=True), Evidence(place=True), Evidence(time=True, place=True)),
}
ONLINE_UP_TO = 25
"""People; larger worlds are linked offline only, since an online run decides everything again a dozen times."""


@dataclass(frozen=True)
class Maker:
    """Makes worlds of one kind."""

    size: WorldOptions

    def __call__(self, similarity: float, seed: int) -> World:
        return make_world(replace(self.size, similarity=similarity, seed=seed))


def panel(people: int, cameras: int, gap_m: float, seeds: int) -> Panel:
    """One kind of world; online identities are measured with all evidence there is."""
    size, kinds = WorldOptions(people=people, cameras=cameras, gap_m=gap_m), EVIDENCE[gap_m]
    title = f"{people} people, {cameras} cameras, areas {'apart' if gap_m > 0 else 'overlap'}"
    facts = {"people": people, "cameras": cameras, "gap_m": gap_m, "minutes": size.minutes}
    return Panel(title, Maker(size), kinds, kinds[-1:] if people <= ONLINE_UP_TO else (), seeds, facts)


def main(argv: Sequence[str] | None = None) -> int:
    """Run all sizes, similarities and kinds of evidence; print as it goes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, nargs="+", default=[10, 25, 50, 200], help="people of each world")
    parser.add_argument("--cameras", type=int, nargs="+", default=[2, 4, 8, 16], help="cameras, one number per world")
    parser.add_argument("--seeds", type=int, default=1, help="worlds of each kind")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="worlds at once")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="picture of the curves, PNG")
    args = parser.parse_args(argv)
    sizes = list(zip(args.people, args.cameras, strict=True))
    for rows in measure_all([panel(*size, gap, args.seeds) for size in sizes for gap in EVIDENCE], args.jobs):
        write_record(args.json, {"rows": rows})
    if args.plot:
        draw_curves(rows, len(EVIDENCE), args.plot)
    return 0


if __name__ == "__main__":
    sys.exit(main())
