"""Linking of real tracklets of people who are seen many times: the bench on which the calibration was chosen.

    python benchmarks/identity/linking_of_crops.py --mars mars_tracklets --market market1501 --json linking.json
    python benchmarks/identity/linking_of_crops.py --mars mars_tracklets --reid osnet_x0_25_msmt17.pth

MARS tracklets and Market-1501 images of one person, camera and sequence are cut into 1 to `visits` pieces each, and
each piece is taken for a visit of its own, at a time of its own: people then have 1 to 13 other tracklets. With 0
visits more of them are there, each of whom is seen just once: passers-by, of whom none should be linked. Times tell
nothing here and no two visits overlap, so looks alone decide. Nobody who is compared may have been trained on: with the
shipped ReID weights, which are the default, only people whom they hold out are used.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from benchmarks.record import write_record
from crosscam.base.vectors import unit_rows
from reid.checkpoint import load_checkpoint
from reid.data import market1501, tracklets
from reid.embedder import SHIPPED, Embedder, load_embedder
from tracker.cross_camera.options import CrossCameraOptions
from tracker.cross_camera.partition.associator import Associator
from tracker.structures import Tracklet

PEOPLE = {0: (25, 50), 1: (8, 16), 3: (8, 16), 8: (8, 16)}
"""People at once, by number of visits."""

DRAWS = 2
FRAMES_PER_VISIT, VISIT_EVERY_S = 8, 1000.0
LEAST_IMAGES = 2


@dataclass(frozen=True, eq=False)
class Stay:
    """Embeddings, float32 (K, D), of one person's images in one camera."""

    person_id: int
    camera_id: int
    samples: NDArray[np.float32]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark and print one line per data set and number of visits."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mars", type=Path, metavar="DIR", help="folder of tracklets")
    parser.add_argument("--market", type=Path, metavar="DIR", help="Market-1501")
    parser.add_argument("--reid", type=Path, default=SHIPPED, metavar="WEIGHTS", help="default: the shipped ones")
    parser.add_argument("--json", type=Path, metavar="FILE")
    args = parser.parse_args(argv)
    held_out = load_checkpoint(args.reid).training.get("held_out_people")
    embedder = load_embedder(args.reid)
    rows = []
    for name, stays in read_stays(args.mars, args.market, held_out, embedder).items():
        for visits, people in PEOPLE.items():
            scores = np.mean(
                [score_draw(stays, count, visits, draw) for count in people for draw in range(DRAWS)], axis=0
            )
            keys = ("IDF1", "precision", "recall", "identities_per_person", "wrong_merges_per_10_people")
            rows.append({"data": name, "visits": visits, **dict(zip(keys, scores.round(3).tolist(), strict=True))})
            print("  ".join(f"{key} {value}" for key, value in rows[-1].items()), flush=True)
    print(f"mean IDF1 {np.mean([row['IDF1'] for row in rows]):.3f}, with returns", end=" ")
    print(f"{np.mean([row['IDF1'] for row in rows if row['visits']]):.3f}")
    write_record(args.json, {"reid": embedder.name, "rows": rows})
    return 0


def read_stays(
    mars: Path | None, market: Path | None, people: Sequence[int] | None, embedder: Embedder
) -> dict[str, list[Stay]]:
    """Stays by data set, of all people or of those named."""
    found: dict[str, dict[tuple[int, int, int], list[Path]]] = {}
    if mars is not None:
        found["MARS"] = {
            (s.person_id, s.camera_id, s.tracklet_id): list(s.paths) for s in tracklets.read_tracklets(mars)
        }
    if market is not None:
        groups: dict[tuple[int, int, int], list[Path]] = defaultdict(list)
        for image in market1501.read_images(market / "bounding_box_train"):
            groups[image.person_id, image.camera_id, image.tracklet_id].extend(image.paths)
        found["Market-1501"] = {key: paths for key, paths in groups.items() if len(paths) >= LEAST_IMAGES}
    allowed = None if people is None else set(people)
    return {
        name: [
            Stay(person, camera, embedder.embed([cv2.imread(str(path)) for path in paths]))  # type: ignore[misc]
            for (person, camera, _), paths in sorted(groups.items())
            if allowed is None or person in allowed
        ]
        for name, groups in found.items()
    }


def score_draw(stays: Sequence[Stay], people: int, visits: int, draw: int) -> tuple[float, ...]:
    """Scores of linking the visits of some people drawn at random; see `score_labels`."""
    rng = np.random.default_rng([people, visits, draw])
    chosen = set(rng.choice(sorted({stay.person_id for stay in stays}), people, replace=False).tolist())
    if not visits:
        of_one = [[stay for stay in stays if stay.person_id == person] for person in sorted(chosen)]
        stays, visits = [those[int(rng.integers(len(those)))] for those in of_one], 1
    pieces = [
        Stay(stay.person_id, stay.camera_id, stay.samples[part])
        for stay in stays
        if stay.person_id in chosen
        for part in np.array_split(
            np.arange(len(stay.samples)), min(int(rng.integers(1, visits + 1)), len(stay.samples))
        )
    ]
    order = rng.permutation(len(pieces)).tolist()
    made = [as_tracklet(pieces[position], number) for number, position in enumerate(order, start=1)]
    identities = Associator(CrossCameraOptions(travel_times=False)).associate(made)
    label = {t.track_id: identity.identity_id for identity in identities for t in identity.tracklets}
    truth = np.array([pieces[position].person_id for position in order])
    return score_labels(np.array([label[t.track_id] for t in made]), truth)


def as_tracklet(stay: Stay, number: int) -> Tracklet:
    """A visit at a time of its own."""
    frames = np.arange(FRAMES_PER_VISIT) + 1000 * number
    return Tracklet(
        camera_id=f"camera{stay.camera_id}",
        track_id=number,
        frame_indices=frames,
        times_s=VISIT_EVERY_S * number + np.arange(FRAMES_PER_VISIT, dtype=np.float64),
        boxes=np.tile(np.array([[0, 0, 40, 100]], np.float32), (FRAMES_PER_VISIT, 1)),
        scores=np.ones(FRAMES_PER_VISIT, np.float32),
        embedding=unit_rows(stay.samples.mean(axis=0)),
        samples=stay.samples,
        qualities=np.ones(len(stay.samples), np.float32),
        sample_frames=frames[0] + np.arange(len(stay.samples)),
    )


def score_labels(labels: NDArray[np.int64], truth: NDArray[np.int64]) -> tuple[float, ...]:
    """Share of visits with the right identity under the best naming, precision and recall of pairs, identities per
    person, and people too many in identities per 10 people."""
    first, second = np.triu_indices(len(truth), 1)
    together, same = labels[first] == labels[second], truth[first] == truth[second]
    right = (together & same).sum()
    _, rows = np.unique(labels, return_inverse=True)
    _, columns = np.unique(truth, return_inverse=True)
    table = np.zeros((rows.max() + 1, columns.max() + 1), np.int64)
    np.add.at(table, (rows, columns), 1)
    named = table[linear_sum_assignment(-table)].sum()
    people = table.shape[1]
    merges = 10 * ((table > 0).sum(axis=1) - 1).sum() / people
    return named / len(truth), right / max(together.sum(), 1), right / max(same.sum(), 1), len(table) / people, merges


if __name__ == "__main__":
    sys.exit(main())
