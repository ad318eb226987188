"""What a cut box costs, and what completing the crop and masking the pyramid's windows give back.

    python benchmarks/cut_people.py --root TRACKLETS [--weights FILE] [--identities 100] --json FILE

Query crops (the middle frame of each tracklet) are cut below to 80, 65 and 50 % of the body, as at a frame's border;
the gallery is whole. `stretched` embeds the cut crop as it is, `completed` fills it up to the whole body's height,
`masked` also compares only the windows that are visible.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np
from record import ROOT, write_record

sys.path.insert(0, str(ROOT))

from reid.data import DATASETS
from reid.embedder import load_embedder
from reid.errors import DatasetError, ReidError
from reid.evaluation.embedding import read_image
from reid.evaluation.ranking import evaluate
from reid.evaluation.report import persons_and_cameras
from reid.visibility import complete_crop, masked_part_distances, visible_windows

KEPT = (0.8, 0.65, 0.5)


def measure(root: Path, weights: str | None, identities: int, seed: int) -> dict[str, Any]:
    """mAP and Rank-1 in percent by share of the body that is kept and by method."""
    samples = DATASETS["tracklets"].read(root, held_out=identities, seed=seed).query
    ids, cameras = persons_and_cameras(samples)
    images = []
    for sample in samples:
        image = read_image(sample.paths[len(sample.paths) // 2])
        if image is None:
            raise DatasetError(f"cannot read '{sample.paths[len(sample.paths) // 2]}'")
        images.append(image)
    embedder = load_embedder(weights)
    gallery = embedder.embed(images)
    everything = np.ones((len(images), len(embedder.parts.get("windows", []))))

    def scores(distances: np.ndarray) -> dict[str, float]:
        percent = evaluate(distances, ids, cameras, ids, cameras).percent()
        return {name: round(percent[name], 2) for name in ("mAP", "rank1")}

    result: dict[str, Any] = {"model": embedder.name, "whole": scores(1.0 - gallery @ gallery.T)}
    for kept in KEPT:
        cut = [image[: round(kept * len(image))] for image in images]
        completed = embedder.embed([complete_crop(crop, (0.0, kept)) for crop in cut])
        visible = np.tile(visible_windows(np.array([[0.0, kept]]), embedder.parts), (len(cut), 1))
        result[f"{kept:.0%} kept"] = {
            "stretched": scores(1.0 - embedder.embed(cut) @ gallery.T),
            "completed": scores(1.0 - completed @ gallery.T),
            "masked": scores(masked_part_distances(completed, gallery, visible, everything, embedder.parts)),
        }
    return result


def main(argv: list[str] | None = None) -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, required=True, metavar="DIR", help="folder of tracklets")
    parser.add_argument("--weights", metavar="FILE", help="a pyramid model; default: the shipped weights")
    parser.add_argument("--identities", type=int, default=100, metavar="N", help="drawn with the seed; default: 100")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, metavar="FILE")
    args = parser.parse_args(argv)
    try:
        result = measure(args.root, args.weights, args.identities, args.seed)
    except ReidError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    for name, figures in result.items():
        print(f"{name}: {figures}")
    write_record(args.json, {"identities": args.identities, "seed": args.seed, **result})
    return 0


if __name__ == "__main__":
    sys.exit(main())
