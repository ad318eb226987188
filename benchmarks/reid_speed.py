"""Crops per second of the shipped model against OSNet x0.25 in eager PyTorch, on the same crops and cores.

Both include everything from crops of mixed sizes to unit vectors. The two alternate, round by round, so that other load
on the machine hits both; the ratio is the median over rounds.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

from record import ROOT, write_record

sys.path.insert(0, str(ROOT))

import numpy as np
import torch

from reid.checkpoint import Checkpoint, save_checkpoint
from reid.embedder import load_embedder
from reid.models.osnet import OSNet


def random_crops(count: int) -> list[np.ndarray]:
    """Crops of the sizes that a tracker cuts out, 60 to 250 pixels high."""
    random = np.random.default_rng(0)
    heights = random.integers(60, 250, count)
    return [random.integers(0, 256, (int(h), int(0.4 * h), 3), dtype=np.uint8) for h in heights]


def eager_osnet(folder: Path, size: tuple[int, int]) -> Callable[[list[np.ndarray]], np.ndarray]:
    """OSNet x0.25 with random weights (speed does not depend on them) in eager PyTorch, float32."""
    network = OSNet(0.25)
    path = folder / f"osnet_{size[0]}x{size[1]}.pth"
    save_checkpoint(Checkpoint("osnet", {"width": 0.25}, network.state_dict(), size, 512), path)
    return load_embedder(path, "cpu", "torch").embed


def rate(embed: Callable[[list[np.ndarray]], np.ndarray], crops: list[np.ndarray], seconds: float) -> float:
    """Crops per second over at least that long."""
    start, done = time.perf_counter(), 0
    while time.perf_counter() - start < seconds:
        embed(crops)
        done += len(crops)
    return done / (time.perf_counter() - start)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, metavar="FILE", help="default: the shipped model")
    parser.add_argument("--batch", type=int, nargs="+", default=[4, 16, 64], help="default: 4 16 64")
    parser.add_argument("--rounds", type=int, default=5, help="default: 5")
    parser.add_argument("--seconds", type=float, default=1.0, help="per measurement; default: 1")
    parser.add_argument("--threads", type=int, default=2, help="of torch; default: 2")
    parser.add_argument("--json", type=Path, metavar="FILE")
    args = parser.parse_args(argv)
    import tempfile

    torch.set_num_threads(args.threads)
    with tempfile.TemporaryDirectory() as folder:
        contenders = {
            "shipped": load_embedder(args.weights, "cpu").embed,
            "osnet_x0_25_128x64_eager": eager_osnet(Path(folder), (128, 64)),
            "osnet_x0_25_256x128_eager": eager_osnet(Path(folder), (256, 128)),
        }
        table = {}
        for batch in args.batch:
            crops = random_crops(batch)
            rounds: dict[str, list[float]] = {name: [] for name in contenders}
            for embed in contenders.values():
                embed(crops)
            for _ in range(args.rounds):
                for name, embed in contenders.items():
                    rounds[name].append(rate(embed, crops, args.seconds))
            row: dict[str, float] = {f"{name}_per_s": statistics.median(values) for name, values in rounds.items()}
            for name in list(contenders)[1:]:
                ratios = [ours / theirs for ours, theirs in zip(rounds["shipped"], rounds[name], strict=True)]
                row[f"times_{name}"] = statistics.median(ratios)
            table[str(batch)] = {key: round(value, 2) for key, value in row.items()}
            print(f"batch {batch}: " + "  ".join(f"{key} {value:.1f}" for key, value in row.items()), flush=True)
    write_record(args.json, {"threads": args.threads, "by_batch": table})
    return 0


if __name__ == "__main__":
    sys.exit(main())
