"""Milliseconds per frame of the association alone, on a synthetic crowd, beside identification scores.

    python benchmarks/tracking/association.py [--people 10,50,200,1000,5000] [--preset default] [--no-appearance]
        [--json FILE]

People walk at constant speed and bounce off the borders; 5 % misses, 10 % low scores, 5 % false positives, box noise of
2 % of the height, embeddings with a cosine distance of about 0.13 within a person. Boxes always cover a quarter of the
frame, so that crowding is the same at every size. One thread; medians and least times over the frames after the first
fifth.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
from scipy.optimize import linear_sum_assignment

from benchmarks.peers import make_step, preset_options
from benchmarks.record import write_record
from crosscam.base.boxes import box_iou

Instant = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Detections (N, 6), embeddings (N, D) and true boxes (P, 4) of a frame."""
FRAMES = {10: 300, 50: 300, 200: 150, 1000: 40, 5000: 20}
WIDTH, HEIGHT, COVER = 1920, 1080, 0.25


def main(argv: list[str] | None = None) -> int:
    """Run the benchmark and print one line per crowd size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", default="10,50,200,1000", help="crowd sizes, separated by commas")
    parser.add_argument("--preset", default="default", help="a file of tracker/presets")
    parser.add_argument("--no-appearance", action="store_true", help="give no embeddings")
    parser.add_argument("--json", type=Path, help="write the rows there")
    arguments = parser.parse_args(argv)
    rows = [
        measure(int(people), arguments.preset, not arguments.no_appearance) for people in arguments.people.split(",")
    ]
    for row in rows:
        print(json.dumps(row))
    write_record(arguments.json, {"rows": rows})
    return 0


def measure(people: int, preset: str, with_appearance: bool) -> dict[str, Any]:
    """Time one crowd size."""
    step = make_step(preset_options(preset), with_appearance)
    scene = make_crowd(people, FRAMES.get(people, 100))
    times, outputs = [], []
    for number, (detections, embeddings, _) in enumerate(scene):
        started = time.perf_counter()
        outputs.append(step(number, detections, embeddings))
        times.append(time.perf_counter() - started)
    warm = 1e3 * np.array(times[len(times) // 5 :])
    return {
        "preset": preset,
        "appearance": with_appearance,
        "people": people,
        "frames": len(times),
        "ms_median": round(float(np.median(warm)), 3),
        "ms_least": round(float(warm.min()), 3),
        "idf1": round(100 * idf1([truth for _, _, truth in scene], outputs), 1) if people <= 1000 else None,
    }


def make_crowd(people: int, frames: int, seed: int = 0, dimension: int = 512) -> list[Instant]:
    """People who walk, frame by frame."""
    rng = np.random.default_rng(seed)
    typical = min(float(np.sqrt(COVER * WIDTH * HEIGHT / people * 2.5)), 400.0)
    heights = typical * rng.uniform(0.8, 1.2, people)
    half = np.stack([heights / 2.5, heights], axis=1) / 2
    place, speed = rng.uniform([0, 0], [WIDTH, HEIGHT], (people, 2)), rng.normal(0, 0.03 * typical, (people, 2))
    looks = unit(rng.normal(size=(people, dimension)))
    scene: list[Instant] = []
    for _ in range(frames):
        place = place + speed + rng.normal(0, 0.004 * typical, (people, 2))
        out = (place < 0) | (place > [WIDTH, HEIGHT])
        speed[out] *= -1
        place = np.clip(place, 0, [WIDTH, HEIGHT])
        truth = np.concatenate([place - half, place + half], axis=1)
        seen = np.flatnonzero(rng.random(people) > 0.05)
        boxes = truth[seen] + rng.normal(0, 0.02 * typical, (len(seen), 4))
        scores = np.where(
            rng.random(len(seen)) < 0.1, rng.uniform(0.15, 0.45, len(seen)), rng.uniform(0.65, 0.95, len(seen))
        )
        shown = looks[seen] + rng.normal(0, 0.38 / np.sqrt(dimension), (len(seen), dimension))
        false = rng.binomial(people, 0.05)
        corner = rng.uniform([0, 0], [WIDTH, HEIGHT], (false, 2))
        ghosts = np.concatenate([corner, corner + typical * np.array([0.4, 1.0])], axis=1)
        boxes = np.concatenate([boxes, ghosts])
        boxes[:, 2:] = np.maximum(boxes[:, 2:], boxes[:, :2] + 2)
        scores = np.concatenate([scores, rng.uniform(0.1, 0.7, false)])
        shown = unit(np.concatenate([shown, rng.normal(size=(false, dimension))]))
        order = rng.permutation(len(boxes))
        detections = np.concatenate([boxes, scores[:, None], np.zeros((len(boxes), 1))], axis=1)[order]
        scene.append((detections.astype(np.float32), shown[order], truth))
    return scene


def unit(vectors: np.ndarray) -> np.ndarray:
    """Rows scaled to unit length, float32."""
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def idf1(truth: list[np.ndarray], outputs: list[tuple[np.ndarray, np.ndarray]]) -> float:
    """Share of boxes under the best one-to-one pairing of people and ids over the whole scene (IoU 0.5)."""
    ids = sorted({int(i) for _, found in outputs for i in found})
    column = {track_id: index for index, track_id in enumerate(ids)}
    overlap = np.zeros((len(truth[0]), max(len(ids), 1)))
    for boxes, (predicted, found) in zip(truth, outputs, strict=True):
        people, tracks = np.nonzero(box_iou(boxes, predicted) >= 0.5)
        np.add.at(overlap, (people, np.array([column[int(found[t])] for t in tracks], np.int64)), 1)
    rows, cols = linear_sum_assignment(-overlap)
    total = sum(len(boxes) for boxes in truth) + sum(len(found) for _, found in outputs)
    return float(2 * overlap[rows, cols].sum() / total)


if __name__ == "__main__":
    raise SystemExit(main())
