"""What a box costs that the frame's border cuts, and what filling its crop up to a whole body gives back.

    python benchmarks/reid/cut_people.py --root MARKET1501 --json FILE

Queries are one picture in each camera of each person held out of the weights' training, the gallery all their pictures.
Queries get the shape of a walking person, as spread as in MOTChallenge ground truth, and are cut at the feet or at one
side. `stretched` embeds the cut crop as it is, `filled` what `tracker.detection.border_crops` makes of it; at 100 %
nothing is missing but the person stands at the border.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.record import write_record
from crosscam.base.boxes import crop_boxes
from crosscam.base.errors import DatasetError, InputError
from crosscam.base.images import read_image
from reid.checkpoint import load_checkpoint
from reid.data import DATASETS
from reid.data.samples import Sample
from reid.embedder import SHIPPED, load_embedder
from reid.evaluation.ranking import evaluate
from reid.evaluation.report import persons_and_cameras
from tracker.detection.border_crops import body_crops

KEPT = (1.0, 0.8, 0.65, 0.5, 0.35)
ASPECT, ASPECT_SPREAD = 2.85, 0.48  # height over width of fully visible people in the MOTChallenge training sequences
QUERY_PX, MARGIN_PX = 64, 40


def read_images(samples: Sequence[Sample]) -> list[np.ndarray]:
    """The first picture of each sample."""
    images = [read_image(sample.paths[0]) for sample in samples]
    missing = [str(s.paths[0]) for s, image in zip(samples, images, strict=True) if image is None]
    if missing:
        raise DatasetError(f"cannot read '{missing[0]}'")
    return [image for image in images if image is not None]


def at_border(image: np.ndarray, border: str, kept: float) -> tuple[np.ndarray, np.ndarray]:
    """A frame whose border cuts the person, and the box, float64 (1, 4)."""
    height, width = image.shape[:2]
    shown = image[: round(kept * height)] if border == "feet" else image[:, : round(kept * width)]
    height, width = shown.shape[:2]
    right, below = (MARGIN_PX, 0) if border == "feet" else (0, MARGIN_PX)
    frame = np.zeros((MARGIN_PX + height + below, MARGIN_PX + width + right, 3), np.uint8)
    frame[MARGIN_PX : MARGIN_PX + height, MARGIN_PX : MARGIN_PX + width] = shown
    return frame, np.array([[MARGIN_PX, MARGIN_PX, MARGIN_PX + width, MARGIN_PX + height]], np.float64)


def measure(root: Path, weights: Path, seed: int) -> dict[str, Any]:
    """mAP and Rank-1 in percent by border, share of the body that is kept, and method."""
    people = load_checkpoint(SHIPPED).training["held_out_people"]
    dataset = DATASETS["market1501"].read(root, held_out=people)
    ids, cameras = persons_and_cameras(dataset.gallery)
    asked, asked_cameras = persons_and_cameras(dataset.query)
    rng = np.random.default_rng(seed)
    aspects = np.clip(rng.normal(ASPECT, ASPECT_SPREAD, len(asked)), 1.6, 4.2)
    queries = [
        cv2.resize(image, (QUERY_PX, round(QUERY_PX * aspect)))
        for image, aspect in zip(read_images(dataset.query), aspects, strict=True)
    ]
    embedder = load_embedder(weights)

    def embed(crops: list[np.ndarray]) -> np.ndarray:
        return np.concatenate([embedder.embed(crops[k : k + 64]) for k in range(0, len(crops), 64)])

    gallery = embed(read_images(dataset.gallery))

    def scores(crops: list[np.ndarray]) -> dict[str, float]:
        percent = evaluate(1.0 - embed(crops) @ gallery.T, asked, asked_cameras, ids, cameras).percent()
        return {name: round(percent[name], 2) for name in ("mAP", "rank1")}

    result: dict[str, Any] = {"model": embedder.name, "queries": len(asked)}
    for border in ("feet", "side"):
        for kept in KEPT:
            frames = [at_border(image, border, kept) for image in queries]
            result[f"{border}, {kept:.0%} kept"] = {
                "stretched": scores([crop_boxes(*pair)[0] for pair in frames]),
                "filled": scores([body_crops(*pair)[0] for pair in frames]),
            }
    return result


def main(argv: list[str] | None = None) -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, required=True, metavar="DIR", help="folder with bounding_box_train")
    parser.add_argument("--weights", type=Path, default=SHIPPED, metavar="FILE", help="default: the shipped weights")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, metavar="FILE")
    args = parser.parse_args(argv)
    try:
        result = measure(args.root, args.weights, args.seed)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    for name, figures in result.items():
        print(f"{name}: {figures}")
    write_record(args.json, {"seed": args.seed, **result})
    return 0


if __name__ == "__main__":
    sys.exit(main())
