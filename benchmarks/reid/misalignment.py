"""Retrieval with query boxes that are off by 0 to 30 %: pyramid, PCB-like and global-only, trained alike.

The boxes of the queries are shifted, scaled or cut by a given share of their size; the gallery stays right. Images are
those of people whom the checkpoints keep as held out. Train the three with one recipe and one budget, for example:

  run="python tools/train_reid.py --config configs/reid/misalignment.yaml"
  $run --output runs/pyramid
  $run --output runs/pcb --set "model.options.levels=[1,0,0,0]"
  $run --output runs/global --set "model.options.levels=[0,0,0,1]"
  python benchmarks/reid/misalignment.py --data market1501 --weights pyramid=runs/pyramid/last.pth pcb=... global=...

With one checkpoint and --branches, its own finest and coarsest branches stand for the other two (one training, shared
trunk: a weaker test).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np

from benchmarks.record import write_record
from crosscam.base.vectors import unit_rows
from reid.checkpoint import load_checkpoint
from reid.data import market1501
from reid.data.image_store import ImageStore
from reid.data.samples import Sample
from reid.data.splits import one_query_per_camera
from reid.data.transforms import warp_to_box
from reid.embedder import Embedder, load_embedder
from reid.evaluation.bootstrap import bootstrap_interval
from reid.evaluation.ranking import RankingResult, evaluate_embeddings

LEVELS = (0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3)
Contender = tuple[Path, slice]
"""Checkpoint, and which part of its embedding."""
SHIFT_X = 0.5  # sideways errors are half of the vertical ones: people are twice as high as wide


def jittered_box(level: float, rng: np.random.Generator) -> tuple[float, float, float, float]:
    """A box that is off by `level`: shifted up or down, wrong in size, or cut at one end; fractions of the true box."""
    left, top, right, bottom = 0.0, 0.0, 1.0, 1.0
    kind, sign = int(rng.integers(3)), float(rng.choice([-1.0, 1.0]))
    sideways = float(rng.uniform(-1.0, 1.0)) * SHIFT_X * level
    if kind == 0:
        top, bottom = top + sign * level, bottom + sign * level
    elif kind == 1:
        top, bottom = top - sign * level / 2, bottom + sign * level / 2
        left, right = left - sign * level / 2, right + sign * level / 2
    elif sign > 0:
        bottom -= level
    else:
        top += level
    return left + sideways, top, right + sideways, bottom


def jitter(images: list[np.ndarray], level: float, seed: int) -> list[np.ndarray]:
    """Every image seen through a wrong box; what lies outside repeats the border."""
    rng = np.random.default_rng(seed)
    return [warp_to_box(image, jittered_box(level, rng), (image.shape[0], image.shape[1]), False) for image in images]


def read_people(root: Path, held: set[int]) -> tuple[list[Sample], list[Sample]]:
    """Query and gallery of the held-out people."""
    samples = [s for s in market1501.read_images(root / "bounding_box_train") if s.person_id in held]
    return one_query_per_camera(samples)


def load_all(samples: list[Sample]) -> list[np.ndarray]:
    """The picture of each sample."""
    store = ImageStore([sample.paths[0] for sample in samples], 128)
    return store.take(np.arange(len(store)))


def choices(name: str, path: Path, branches: bool) -> dict[str, Contender]:
    """What to compare from one checkpoint: the whole embedding, and with `branches` its finest and coarsest part."""
    found: dict[str, Contender] = {name: (path, slice(None))}
    if branches:
        layout = load_checkpoint(path).parts
        size, last = layout["width"], len(layout["windows"])
        found["finest branches (PCB-like)"] = (path, slice(0, layout["parts"] * size))
        found["coarsest branch (global)"] = (path, slice((last - 1) * size, last * size))
    return found


def contenders_of(weights: list[str], branches: bool) -> dict[str, Contender]:
    """What NAME=FILE of the command line stands for; only the first checkpoint is compared by branches."""
    found: dict[str, Contender] = {}
    for number, text in enumerate(weights):
        name, _, file = text.partition("=")
        found |= choices(name, Path(file), branches and number == 0)
    return found


@dataclass(frozen=True, eq=False)
class Retrieval:
    """Queries whose boxes can be made wrong, in a gallery whose boxes are right.

    Attributes:
        query: Samples, and `query_images`, their pictures.
        gallery: Samples, and `stored`, each network's embeddings of their pictures, (G, D).
    """

    query: list[Sample]
    query_images: list[np.ndarray]
    gallery: list[Sample]
    stored: dict[Path, np.ndarray]

    def results(self, found: np.ndarray, path: Path, part: slice) -> RankingResult:
        """The ranking of queries' embeddings (Q, D), on a part of the embedding."""
        (q_ids, q_cameras), (g_ids, g_cameras) = labels(self.query), labels(self.gallery)
        stored = unit_rows(self.stored[path][:, part])
        return evaluate_embeddings(unit_rows(found[:, part]), stored, q_ids, q_cameras, g_ids, g_cameras)


def labels(samples: list[Sample]) -> tuple[np.ndarray, np.ndarray]:
    """People and cameras."""
    return np.array([s.person_id for s in samples]), np.array([s.camera_id for s in samples])


def row_of(results: list[RankingResult], people: np.ndarray) -> dict[str, float]:
    """mAP with its 95 % interval over people, and Rank-1, in percent; the mean over draws of the boxes."""
    precisions = 100 * np.mean([result.average_precisions for result in results], axis=0)
    low, high = bootstrap_interval(precisions, people[results[0].valid])
    rank1 = 100 * float(np.mean([result.rank(1) for result in results]))
    return {"mAP": float(precisions.mean()), "low": low, "high": high, "rank1": rank1}


def compare(
    retrieval: Retrieval, contenders: dict[str, Contender], embedders: dict[Path, Embedder], seeds: int
) -> Iterator[dict[str, Any]]:
    """One row per size of the error and contender."""
    people, _ = labels(retrieval.query)
    for level in LEVELS:
        wrong = [jitter(retrieval.query_images, level, seed) for seed in range(seeds if level else 1)]
        found = {path: [embedder.embed(images) for images in wrong] for path, embedder in embedders.items()}
        for name, (path, part) in contenders.items():
            results = [retrieval.results(vectors, path, part) for vectors in found[path]]
            yield {"level": level, "model": name, **row_of(results, people)}


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="Market-1501")
    parser.add_argument("--weights", nargs="+", required=True, metavar="NAME=FILE")
    parser.add_argument("--branches", action="store_true", help="also compare branches of the first checkpoint")
    parser.add_argument("--seeds", type=int, default=3, help="draws of the boxes; default: 3")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="PNG")
    parser.add_argument("--json", type=Path, metavar="FILE")
    args = parser.parse_args(argv)
    contenders = contenders_of(args.weights, args.branches)
    held = set(load_checkpoint(next(iter(contenders.values()))[0]).training["held_out_people"])
    query, gallery = read_people(args.data, held)
    embedders = {path: load_embedder(path, "cpu") for path, _ in contenders.values()}
    gallery_images = load_all(gallery)
    stored = {path: embedder.embed(gallery_images) for path, embedder in embedders.items()}
    rows = []
    for row in compare(Retrieval(query, load_all(query), gallery, stored), contenders, embedders, args.seeds):
        rows.append(row)
        scores = f"mAP {row['mAP']:5.1f} ({row['low']:.1f} to {row['high']:.1f})  R1 {row['rank1']:5.1f}"
        print(f"{row['level']:4.0%}  {row['model']:30s} {scores}")
    if args.plot:
        plot(rows, args.plot)
    write_record(args.json, {"people": len(held), "queries": len(query), "gallery": len(gallery), "rows": rows})
    return 0


def plot(rows: list[dict], path: Path) -> None:
    """mAP over the size of the box error, one line per model."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(6, 4), layout="constrained")
    for name in dict.fromkeys(row["model"] for row in rows):
        own = [row for row in rows if row["model"] == name]
        levels = [100 * row["level"] for row in own]
        axes.plot(levels, [row["mAP"] for row in own], marker="o", label=name)
        axes.fill_between(levels, [row["low"] for row in own], [row["high"] for row in own], alpha=0.15)
    axes.set(xlabel="error of the query's box, % of its size", ylabel="mAP, %")
    axes.legend()
    figure.savefig(path, dpi=120)


if __name__ == "__main__":
    sys.exit(main())
