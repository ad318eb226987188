"""Seconds and memory of ranking and of re-ranking, each measured in a process of its own.

    python benchmarks/reid/ranking.py --json FILE [--only CASE ...]

Embeddings are synthetic: identities as random directions with noise. Ranking is at the size of MARS (1,980 queries,
11,310 tracklets) and of MSMT17 (11,659 queries, 82,161 images), dimension 512. Re-ranking is at 20,000 items (3,400 of
them queries) of dimension 512 and 128, from embeddings to distances, against the dense reference (`dense_rerank.py`,
about 10 GB); scoring the result is not part of it. Everything runs on one thread unless OMP_NUM_THREADS says otherwise.
CPU seconds depend less than wall seconds on what else the machine does; the load is recorded. Memory is the peak
resident size of the process, interpreter and inputs included.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import sys
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before NumPy: threads that wait for one another count as CPU seconds

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.record import write_record
from benchmarks.reid.dense_rerank import dense_rerank
from reid.evaluation.distances import squared_euclidean_distances
from reid.evaluation.ranking import RankingResult, evaluate, evaluate_embeddings
from reid.evaluation.rerank import rerank_features


def people(
    items: int, persons: int, cameras: int, seed: int, dimension: int = 512
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Unit embeddings, float32 (N, D), of people who look alike, their persons and their cameras, (N,) each."""
    rng = np.random.default_rng(seed)
    ids = rng.integers(0, persons, items)
    directions = np.random.default_rng(0).normal(size=(persons, dimension)).astype(np.float32)
    vectors = directions[ids]
    for start in range(0, items, 10_000):  # the noise of all items at once would be most of the memory measured
        part = vectors[start : start + 10_000]
        part += 2.0 * rng.standard_normal(part.shape, dtype=np.float32)
        part /= np.linalg.norm(part, axis=1, keepdims=True)
    return vectors, ids, rng.integers(0, cameras, items)


Case = tuple[Callable[[], Any], Callable[[Any], dict[str, float]]]
"""What is measured, and what is said of its result."""


def rank(queries: int, gallery: int, persons: int, cameras: int) -> Case:
    """Ranking of random vectors of one size."""
    first, second = people(queries, persons, cameras, 1), people(gallery, persons, cameras, 2)

    def check(result: RankingResult) -> dict[str, float]:
        return {"mAP": result.percent()["mAP"], "valid_queries": int(result.valid.sum())}

    return lambda: evaluate_embeddings(first[0], second[0], *first[1:], *second[1:]), check


def rerank(items: int, dimension: int, dense: bool) -> Case:
    """Re-ranking of `items`, 17 % of them queries, sparse or by the dense reference."""
    vectors, ids, cameras = people(items, items // 13, 6, 3, dimension)
    queries = int(0.17 * items)
    labels = ids[:queries], cameras[:queries], ids[queries:], cameras[queries:]

    def measure() -> np.ndarray:
        if dense:
            return dense_rerank(squared_euclidean_distances(vectors, vectors), queries)
        return rerank_features(vectors, np.arange(queries), np.arange(queries, items))

    def check(distances: np.ndarray) -> dict[str, float]:
        checksum = float(distances.mean(dtype=np.float64))
        return {"mean_distance": checksum, "mAP": evaluate(distances, *labels).percent()["mAP"]}

    return measure, check


CASES: dict[str, tuple[Callable[..., Case], tuple[Any, ...]]] = {
    "ranking 1,980 x 11,310": (rank, (1980, 11310, 626, 6)),
    "ranking 11,659 x 82,161": (rank, (11659, 82161, 3060, 15)),
    "re-ranking 20,000 of 512, sparse": (rerank, (20000, 512, False)),
    "re-ranking 20,000 of 128, sparse": (rerank, (20000, 128, False)),
    "re-ranking 20,000 of 128, dense": (rerank, (20000, 128, True)),
    "re-ranking 20,000 of 512, dense": (rerank, (20000, 512, True)),
}


def measure_case(name: str, channel: Any) -> None:
    """In a fresh process: prepare, run once, send seconds and memory."""
    factory, arguments = CASES[name]
    run, check = factory(*arguments)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    wall, cpu = time.perf_counter(), time.process_time()
    result = run()
    figures = {
        "wall_s": round(time.perf_counter() - wall, 2),
        "cpu_s": round(time.process_time() - cpu, 2),
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "memory_before_mb": round(before / 1024),
        "load": [round(value, 1) for value in os.getloadavg()],
    }
    channel.send({**figures, **check(result)})


def main(argv: list[str] | None = None) -> int:
    """Run the cases one after the other, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=list(CASES), metavar="CASE", help=", ".join(CASES))
    parser.add_argument("--json", type=Path, metavar="FILE")
    args = parser.parse_args(argv)
    context = multiprocessing.get_context("spawn")
    figures: dict[str, Any] = {}
    for name in args.only or CASES:
        receive, send = context.Pipe(duplex=False)
        process = context.Process(target=measure_case, args=(name, send))
        process.start()
        send.close()
        try:
            figures[name] = receive.recv()
        except EOFError:
            print(f"error: '{name}' ended without a result (exit code {process.exitcode})", file=sys.stderr)
            return 1
        process.join()
        print(f"{name}: {figures[name]}", flush=True)
        sparse = figures.get(name.replace("dense", "sparse"))
        if name.endswith("dense") and sparse:
            sparse["times_faster"] = {key: round(figures[name][key] / sparse[key], 1) for key in ("cpu_s", "wall_s")}
        write_record(args.json, {"threads": int(os.environ["OMP_NUM_THREADS"]), "cases": figures})
    return 0


if __name__ == "__main__":
    sys.exit(main())
