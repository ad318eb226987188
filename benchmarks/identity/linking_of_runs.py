"""Identities over the cameras of one place: ours against no linking, plain clustering and perfect linking.

    python benchmarks/identity/linking_of_runs.py --ground-truth gt --detections saved --fps 25 --json identity.json

`--detections` holds NAME.npy per camera: 10 MOT columns and the embedding (or NAME.txt without); every method links the
same tracklets, those of the default preset, those of `--results` (the tracking.sqlite of a run), or those of `--tracks`
(NAME.txt per camera with the numbers of finished tracks, for linking by place and time alone). Plain clustering is
agglomerative on the cosine distance of the tracklets' embeddings; its best threshold is chosen ON THE GROUND TRUTH, as
nobody can who has none, and the thresholds 0.05 beside it are listed with it. "perfect" gives every tracklet the person
that most of its boxes lie on: what the tracklets allow. Ours uses no ground truth and one setting for everything.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.optimize import linear_sum_assignment

from benchmarks.record import write_record
from crosscam.base.boxes import box_iou
from tracker.cross_camera.evidence.appearance import tracklet_vectors
from tracker.cross_camera.floor.cameras import CameraSetup, load_cameras
from tracker.cross_camera.options import CrossCameraOptions
from tracker.cross_camera.partition.associator import Associator
from tracker.evaluation.mot_data import MotData, read_ground_truth
from tracker.evaluation.replay import load_sequence, replay
from tracker.evaluation.tracking import evaluate
from tracker.formats.mot import read_mot
from tracker.formats.seqinfo import SequenceInfo
from tracker.output.store.reader import StoreReader
from tracker.running.options import PipelineConfig
from tracker.structures import Tracklet

THRESHOLDS = np.round(np.arange(0.05, 0.71, 0.05), 2)
MIN_IOU = 0.5


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark and print one line per method."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ground-truth", type=Path, required=True, metavar="DIR")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--detections", type=Path, metavar="DIR", help="saved detections, one file per camera")
    source.add_argument("--results", type=Path, metavar="FILE", help="tracking.sqlite of a run")
    source.add_argument("--tracks", type=Path, metavar="DIR", help="finished tracks as MOT text, one file per camera")
    parser.add_argument("--cameras", type=Path, metavar="FILE", help="cameras file, for place and travel times")
    parser.add_argument("--fps", type=float, default=25.0, help="of the saved detections or tracks")
    parser.add_argument("--json", type=Path, metavar="FILE")
    args = parser.parse_args(argv)
    truth = read_ground_truth(args.ground_truth)
    tracklets = _tracklets(args, truth)
    setup = load_cameras(args.cameras, list(truth)) if args.cameras else CameraSetup()
    rows = [_row("no linking", tracklets, list(range(len(tracklets))), truth)]
    rows += _plain_clustering(tracklets, truth)
    for name, options in (
        ("ours, appearance", CrossCameraOptions(travel_times=False)),
        ("ours", CrossCameraOptions()),
    ):
        began = time.perf_counter()
        labels = _ours(tracklets, options, setup)
        rows.append({**_row(name, tracklets, labels, truth), "seconds": round(time.perf_counter() - began, 3)})
    rows.append(_row("perfect", tracklets, _perfect(tracklets, truth), truth))
    ours, perfect = rows[-2]["IDF1"], rows[-1]["IDF1"]
    people = len({int(i) for data in truth.values() for i in data.ids[data.counted]})
    for row in rows:
        row["wrong_merges_per_10_people"] = round(10 * row["wrong_merges"] / people, 2)
        scores = f"IDF1 {row['IDF1']:5.1f}  IDP {row['IDP']:5.1f}  IDR {row['IDR']:5.1f}  HOTA {row['HOTA']:5.1f}"
        print(f"{row['method']:28s} {scores}  identities {row['identities']:4d}  wrong merges {row['wrong_merges']}")
    print(f"ours reaches {100 * ours / perfect:.1f} % of perfect linking")
    write_record(args.json, {"people": people, "tracklets": len(tracklets), "rows": rows})
    return 0


def _tracklets(args: argparse.Namespace, truth: dict[str, MotData]) -> list[Tracklet]:
    """Tracklets of all cameras, cut at the last frame with ground truth."""
    if args.results:
        with StoreReader(args.results) as store:
            return [t for t in store.tracklets() if t.camera_id in truth]
    if args.tracks:
        return [t for name in truth for t in _read_tracks(name, args.tracks / f"{name}.txt", args.fps)]
    config, found = PipelineConfig(), []
    last = max(data.last_frame for data in truth.values())
    for name in truth:
        file = next(f for f in (args.detections / f"{name}{end}" for end in (".npy", ".txt")) if f.is_file())
        saved = load_sequence(name, file, None, last)
        sequence = replace(saved, detections=saved.detections[:last], info=SequenceInfo(args.fps))
        found += replay(sequence, config.tracker, config.refinement)
    return found


def _read_tracks(name: str, file: Path, fps: float) -> list[Tracklet]:
    """Each number of a MOT file as a tracklet without appearance."""
    rows = read_mot(file)
    found = []
    for number in np.unique(rows.ids).tolist():
        mine = rows.ids == number
        frames = rows.frames[mine]
        scores = np.clip(rows.scores[mine], 0, 1)
        found.append(Tracklet(name, number, frames, frames / fps, rows.boxes[mine], scores))
    return found


def _ours(tracklets: Sequence[Tracklet], options: CrossCameraOptions, setup: CameraSetup) -> list[int]:
    identities = Associator(options, setup).associate(tracklets)
    number = {id(t): identity.identity_id for identity in identities for t in identity.tracklets}
    return [number[id(t)] for t in tracklets]


def _plain_clustering(tracklets: Sequence[Tracklet], truth: dict[str, MotData]) -> list[dict[str, Any]]:
    """Average and complete linkage at the threshold that is best on the ground truth, with its neighbours.

    Tracklets without a look are far from all others.
    """
    vectors, known = tracklet_vectors(tracklets)
    if np.count_nonzero(known) < 3:
        return []
    counts = _boxes_on_people(tracklets, truth)
    upper = np.triu_indices(len(tracklets), 1)
    distance = np.clip(1 - vectors @ vectors.T, 0, 2)[upper]
    rows = []
    for method in ("average", "complete"):
        tree = linkage(distance, method)
        cuts = [fcluster(tree, float(t), "distance") for t in THRESHOLDS]
        best = int(np.argmax([_right_boxes(cut, counts) for cut in cuts]))
        scored = {
            k: _row(f"{method} linkage at {THRESHOLDS[k]:.2f}", tracklets, cuts[k].tolist(), truth)
            for k in (best - 1, best, best + 1)
            if 0 <= k < len(cuts)
        }
        beside = [row["IDF1"] for k, row in scored.items() if k != best]
        rows.append({**scored[best], "IDF1_at_neighbouring_thresholds": beside})
    return rows


def _right_boxes(labels: NDArray[np.int64], counts: NDArray[np.int64]) -> int:
    """Boxes on the right person under the best one-to-one naming of identities: what IDF1 counts."""
    table = np.zeros((int(labels.max()) + 1, counts.shape[1]), np.int64)
    np.add.at(table, labels, counts)
    return int(table[linear_sum_assignment(-table)].sum())


def _boxes_on_people(tracklets: Sequence[Tracklet], truth: dict[str, MotData]) -> NDArray[np.int64]:
    """How many boxes of each tracklet lie on each person, int64 (N, P)."""
    people = sorted({int(i) for data in truth.values() for i in data.ids[data.counted]})
    column = {person: k for k, person in enumerate(people)}
    counts = np.zeros((len(tracklets), len(people)), np.int64)
    for index, tracklet in enumerate(tracklets):
        data = truth[tracklet.camera_id]
        for frame, box in zip(tracklet.frame_indices.tolist(), tracklet.boxes, strict=True):
            rows = np.flatnonzero((data.frames == frame + 1) & data.counted)
            overlap = box_iou(box[None], data.boxes[rows])[0] if len(rows) else np.zeros(0)
            if len(rows) and overlap.max() >= MIN_IOU:
                counts[index, column[int(data.ids[rows[overlap.argmax()]])]] += 1
    return counts


def _perfect(tracklets: Sequence[Tracklet], truth: dict[str, MotData]) -> list[int]:
    counts = _boxes_on_people(tracklets, truth)
    alone = counts.shape[1] + np.arange(len(tracklets))
    return np.where(counts.any(axis=1), counts.argmax(axis=1), alone).tolist()


def _row(
    method: str, tracklets: Sequence[Tracklet], labels: Sequence[int], truth: dict[str, MotData]
) -> dict[str, Any]:
    """Multi-camera scores of one linking; where an identity is twice in a frame, its longer tracklet stays."""
    results = {
        name: _mot([(t, n) for t, n in zip(tracklets, labels, strict=True) if t.camera_id == name]) for name in truth
    }
    scores = evaluate(truth, results).multi_camera
    kept = {name: round(float(scores[name]), 2) for name in ("IDF1", "IDP", "IDR", "HOTA")}
    return {"method": method, **kept, "identities": len(set(labels)), "wrong_merges": int(scores["wrong_merges"])}


def _mot(labelled: Sequence[tuple[Tracklet, int]]) -> MotData:
    frames, ids, boxes = np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros((0, 4))
    for tracklet, number in sorted(labelled, key=lambda pair: -len(pair[0])):
        taken = np.isin(tracklet.frame_indices + 1, frames[ids == number])
        frames = np.concatenate([frames, tracklet.frame_indices[~taken] + 1])
        ids = np.concatenate([ids, np.full((~taken).sum(), number)])
        boxes = np.concatenate([boxes, tracklet.boxes[~taken]])
    order = np.argsort(frames, kind="stable")
    return MotData(frames[order], ids[order], boxes[order], np.ones(len(order), bool))


if __name__ == "__main__":
    sys.exit(main())
