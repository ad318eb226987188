"""What each source of the built-in detector's training brings: the recipe without one source after the other.

    python benchmarks/detection/sources.py --config configs/detection/builtin.yaml --root DATA --output runs/sources \
        --set steps=400 size=224 final_size=288 --sequences PETS09-S2L1 TUD-Campus --json sources.json

Every variant starts from random weights and sees as many images: what a source would have given goes to the others. A
source is the first folder of its paths; the crops to paste are one too. What the recipe holds out is held out in all
variants. Each network stays in --output, so the same command goes on where it was interrupted and scores what is there.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.detection.variants import ALL, PASTED, groups, only, read_options, variants
from benchmarks.record import write_record
from crosscam.base.errors import ConfigError
from tracker.detection.network import PersonNetwork
from tracker.detector_training.data import TrainingData, load_data
from tracker.detector_training.options import SourceOptions, TrainingOptions
from tracker.detector_training.packed_images import Sample, load_people
from tracker.detector_training.trainer import Trainer
from tracker.detector_training.validation import detect_samples
from tracker.evaluation.detection import evaluate_detections

MEAN = "mean of the sequences"
HELD_OUT = "held out"

Scores = dict[str, dict[str, float]]
"""AP50, AP50:95 and miss rate in percent, by set of images."""


@dataclass(frozen=True, eq=False)
class Material:
    """All that any variant trains on or is scored on.

    Attributes:
        sources: Training and held-out images by source.
        crops: People to paste, uint8 (N, 128, 64, 3), or None.
        sequences: Labelled frames of the test sequences by name.
    """

    sources: dict[str, TrainingData]
    crops: NDArray[np.uint8] | None
    sequences: dict[str, list[Sample]]


def main(argv: list[str] | None = None) -> int:
    """Train and score all variants; the record grows with each."""
    arguments = _parser().parse_args(argv)
    options = read_options(arguments.config, arguments.set)
    material = load_material(options, arguments.root, arguments.sequences, arguments.every)
    planned = variants(options, arguments.without or groups(options), arguments.again)
    results: dict[str, Any] = {}
    for name, variant in planned.items():
        samples = [sample for group in groups(variant) if group != PASTED for sample in material.sources[group].samples]
        crops = material.crops if PASTED in groups(variant) else None
        network = train(variant, samples, crops, arguments.output / _folder_name(name), arguments.workers)
        scores = score(network, material, arguments.score_size)
        results[name] = {"images": len(samples), "people": sum(len(s.people) for s in samples), "scores": scores}
        print(f"{name:32s}", *(f"{key} {figures['ap50']:.1f} " for key, figures in scores.items()), flush=True)
        write_record(arguments.json, {**_setting(options, arguments, list(planned)), **_figures(results)})
    if arguments.plot is not None:
        plot_changes(changes(results), arguments.plot)
    return 0


def load_material(options: TrainingOptions, root: Path, sequences: Sequence[Path], every: int) -> Material:
    """Read each source once for all variants, and each n-th frame of the sequences at the same size in memory."""
    plain = options.model_copy(update={"paste_from": None})
    sources = {group: load_data(only(plain, group), root) for group in groups(plain)}
    tests = {}
    for sequence in sequences:
        whole = SourceOptions(path=str(sequence.resolve()), layout="mot", every=every, held_out=1.0)
        tests[sequence.name] = load_data(plain.model_copy(update={"sources": (whole,)}), root).held_out
    crops = load_people(root / options.paste_from, options.paste_people, options.seed) if options.paste_from else None
    return Material(sources, crops, tests)


def train(
    options: TrainingOptions, samples: Sequence[Sample], crops: NDArray[np.uint8] | None, folder: Path, workers: int
) -> PersonNetwork:
    """The averaged network of a training, from its folder as far as it has come there."""
    trainer = Trainer(options, samples, [], crops, folder, workers)
    told = folder / "options.json"
    if told.is_file() and TrainingOptions.model_validate_json(told.read_text(encoding="utf-8")) != options:
        raise ConfigError(f"{folder} holds a training with other options; name another --output")
    told.write_text(options.model_dump_json(indent=1), encoding="utf-8")
    if (folder / "last.pt").is_file():
        trainer.resume()
    trainer.run()
    return trainer.average


def score(network: PersonNetwork, material: Material, size: int) -> Scores:
    """Held-out images together and by source, each sequence, and the mean over the sequences."""
    kept = {group: data.held_out for group, data in material.sources.items() if data.held_out}
    found = {f"{HELD_OUT}, {group}": detect_samples(network, samples, size) for group, samples in kept.items()}
    together = [image for images in found.values() for image in images]
    tests = {name: detect_samples(network, frames, size) for name, frames in material.sequences.items()}
    scores = {}
    for name, images in {HELD_OUT: together, **found, **tests}.items():
        figures = evaluate_detections(images)
        shares = {"ap50": figures.ap50, "ap50_95": figures.ap50_95, "miss_rate": figures.miss_rate}
        scores[name] = {key: round(100 * value, 2) for key, value in shares.items()}
    if tests:
        keys = ("ap50", "ap50_95", "miss_rate")
        scores[MEAN] = {key: round(float(np.mean([scores[name][key] for name in tests])), 2) for key in keys}
    return scores


def changes(results: Mapping[str, Any], figure: str = "ap50") -> Scores:
    """By variant and set of images: its figure less that of all sources; what the left-out source brings, negated."""
    base = results[ALL]["scores"]
    return {
        variant: {name: round(result["scores"][name][figure] - base[name][figure], 2) for name in base}
        for variant, result in results.items()
        if variant != ALL
    }


def plot_changes(by_variant: Scores, path: Path) -> None:
    """Bars of the change in AP50: one group per set of images, one colour per variant."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 4), layout="constrained")
    axes = figure.add_subplot()
    width = 0.8 / max(len(by_variant), 1)
    for number, (variant, by_set) in enumerate(by_variant.items()):
        left = np.arange(len(by_set)) + (number - (len(by_variant) - 1) / 2) * width
        axes.bar(left, list(by_set.values()), width, label=variant, hatch="//" if variant.startswith(ALL) else None)
    names = list(next(iter(by_variant.values()), {}))
    axes.set_xticks(range(len(names)), [name.replace(", ", ",\n") for name in names], fontsize=8)
    axes.set_ylabel("AP50 less that of all sources")
    axes.axhline(0, color="black", linewidth=0.8)
    axes.legend(fontsize=8)
    figure.savefig(path, dpi=110)


def _folder_name(variant: str) -> str:
    return "_".join(re.findall(r"\w+", variant))


def _setting(options: TrainingOptions, arguments: argparse.Namespace, planned: list[str]) -> dict[str, Any]:
    """What was trained and how it is scored; variants that are planned and have no result did not finish."""
    recipe = options.model_dump(mode="json")
    return {"recipe": recipe, "score_size": arguments.score_size, "every": arguments.every, "planned": planned}


def _figures(results: dict[str, Any]) -> dict[str, Any]:
    return {"results": results, "ap50_against_all": changes(results)}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", required=True, type=Path, metavar="FILE", help="recipe of the training")
    parser.add_argument("--root", type=Path, default=Path(), help="folder that the recipe's paths start from")
    parser.add_argument("--output", type=Path, required=True, help="folder for the trained networks")
    parser.add_argument("--set", nargs="+", default=[], action="extend", metavar="KEY=VALUE", help="recipe's options")
    parser.add_argument("--without", nargs="+", metavar="SOURCE", help="leave out these, one at a time (default: each)")
    parser.add_argument("--again", nargs="*", default=[], type=int, metavar="SEED", help="all sources, other seeds")
    parser.add_argument("--sequences", nargs="*", default=[], type=Path, metavar="DIR", help="test sequences")
    parser.add_argument("--every", type=int, default=4, metavar="N", help="each n-th of their frames (default 4)")
    parser.add_argument("--score-size", type=int, default=416, help="side of the scored images, in pixels")
    parser.add_argument("--workers", type=int, default=1, help="processes that make training images")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw the changes in AP50 there")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write figures, command, commit and hardware there")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
