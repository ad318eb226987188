"""Identities over cameras in synthetic worlds: IDF1 over the difficulty of appearance, with and without place and time.

    python benchmarks/identity_synthetic.py --json identity_synthetic.json            # a quarter of an hour
    python benchmarks/identity_synthetic.py --people 20 --cameras 4 --seeds 1

Each row: one kind of world (see `synthetic_world`), the mean over seeds of the multi-camera IDF1 of our associator, of
perfect linking of the same tracklets and of no linking, and wrong merges per ten people. `appearance` knows embeddings
only, `+ time` also learns travel times, `+ place` (overlapping views, calibrated) also knows where people stand;
`live` is `+ time` decided while the world goes on, each tracklet with the last number that it was given.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tools"), str(ROOT / "benchmarks")]

import numpy as np
from record import write_record

from benchmarks.synthetic_world import World, WorldOptions, make_world
from tracker.cross_camera.associator import Associator
from tracker.cross_camera.online import ActiveTrack, OnlineIdentities
from tracker.cross_camera.options import CrossCameraOptions
from tracker.structures import Identity, Tracklet

SIMILARITIES = (0.8, 0.65, 0.5, 0.4, 0.3)
EVIDENCE = ("appearance", "+ time", "+ place", "live")
OVERLAP_M = -3.0
"""Gap between areas where place is used: neighbours share a third of what they see."""


def associate(world: World, evidence: str) -> list[Identity]:
    """Our identities from the evidence that is allowed."""
    if evidence == "live":
        return associate_live(world)
    options = CrossCameraOptions(travel_times=evidence != "appearance")
    return Associator(options, world.setup(calibrated=evidence == "+ place")).associate(world.tracklets)


def associate_live(world: World) -> list[Identity]:
    """Identities decided instant by instant: crops are seen one by one, tracks only as far as they have come."""
    instants: dict[int, list[ActiveTrack]] = {}
    for t in world.tracklets:
        crops = dict(zip(t.sample_frames.tolist(), t.samples, strict=True))
        for frame, box in zip(t.frame_indices.tolist(), t.boxes, strict=True):
            track = ActiveTrack(t.camera_id, t.track_id, box, crops.get(frame))
            instants.setdefault(frame, []).append(track)
    live, numbers = OnlineIdentities(), dict[tuple[str, int], int]()
    for frame, tracks in sorted(instants.items()):
        told = live.step(frame / world.options.fps, tracks)
        numbers |= {key: number for key, number in {**live.current(), **told}.items() if number is not None}
    groups: dict[int, list[Tracklet]] = {}
    for number, t in enumerate(world.tracklets):
        known = numbers.get((t.camera_id, t.track_id))
        groups.setdefault(-number if known is None else live.identity_of(known), []).append(t)
    return [Identity(number, tuple(group)) for number, group in enumerate(groups.values(), 1)]


def measure(world: World, evidence: str) -> dict[str, float]:
    """Scores of one world."""
    start = time.perf_counter()
    identities = associate(world, evidence)
    seconds = time.perf_counter() - start
    ours = world.score(identities).multi_camera
    alone = [Identity(k, (tracklet,)) for k, tracklet in enumerate(world.tracklets, 1)]
    return {
        "IDF1": ours["IDF1"],
        "HOTA": ours["HOTA"],
        "perfect_IDF1": world.score(world.perfect_identities()).multi_camera["IDF1"],
        "unlinked_IDF1": world.score(alone).multi_camera["IDF1"],
        "wrong_merges_per_10": 10 * ours["wrong_merges"] / world.options.people,
        "identities": len(identities),
        "tracklets": len(world.tracklets),
        "separability": world.separability(),
        "rank1": world.rank1(),
        "seconds": seconds,
    }


def mean_row(options: WorldOptions, evidence: str, seeds: int) -> dict[str, Any]:
    """Means over seeds."""
    rows = [measure(make_world(replace(options, seed=seed)), evidence) for seed in range(seeds)]
    means = {key: round(float(np.mean([row[key] for row in rows])), 3) for key in rows[0]}
    return {
        "people": options.people, "cameras": options.cameras, "gap_m": options.gap_m,
        "similarity": options.similarity, "evidence": evidence, "seeds": seeds, **means,
    }  # fmt: skip


def main(argv: Sequence[str] | None = None) -> int:
    """Run all sizes, similarities and kinds of evidence; print as it goes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, nargs="+", default=[10, 50, 200], help="people of each world")
    parser.add_argument("--cameras", type=int, nargs="+", default=[2, 4, 16], help="cameras, one number per world")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--json", type=Path, metavar="FILE")
    args = parser.parse_args(argv)
    rows = []
    print("people cameras similarity evidence      rank-1   IDF1 perfect unlinked merges/10  seconds")
    for people, cameras in zip(args.people, args.cameras, strict=True):
        for similarity in SIMILARITIES:
            for evidence in EVIDENCE:
                gap = OVERLAP_M if evidence == "+ place" else WorldOptions().gap_m
                options = WorldOptions(people=people, cameras=cameras, similarity=similarity, gap_m=gap)
                row = mean_row(options, evidence, args.seeds)
                rows.append(row)
                print(
                    f"{people:6d} {cameras:7d} {similarity:10.2f} {evidence:12s} {row['rank1']:7.1f} "
                    f"{row['IDF1']:6.1f} {row['perfect_IDF1']:7.1f} {row['unlinked_IDF1']:8.1f} "
                    f"{row['wrong_merges_per_10']:9.2f} {row['seconds']:8.2f}",
                    flush=True,
                )
    write_record(args.json, {"rows": rows})
    return 0


if __name__ == "__main__":
    sys.exit(main())
