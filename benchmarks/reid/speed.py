"""Crops per second of the shipped model against OSNet x0.25 in eager PyTorch, on the same crops and cores.

    python benchmarks/reid/speed.py --rounds 5 --seconds 0.6 --json FILE

Both include everything from crops of mixed sizes to unit vectors. The two alternate, round by round, so that other load
on the machine hits both; the ratio is the median over rounds.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
import torch

from benchmarks.record import write_record
from reid.checkpoint import Checkpoint, save_checkpoint
from reid.embedder import load_embedder
from reid.models.osnet import OSNet

Embed = Callable[[list[np.ndarray]], np.ndarray]


def random_crops(count: int) -> list[np.ndarray]:
    """Crops of the sizes that a tracker cuts out, 60 to 250 pixels high."""
    random = np.random.default_rng(0)
    heights = random.integers(60, 250, count)
    return [random.integers(0, 256, (int(h), int(0.4 * h), 3), dtype=np.uint8) for h in heights]


def eager_osnet(folder: Path, size: tuple[int, int]) -> Embed:
    """OSNet x0.25 with random weights (speed does not depend on them) in eager PyTorch, float32."""
    network = OSNet(0.25)
    path = folder / f"osnet_{size[0]}x{size[1]}.pth"
    save_checkpoint(Checkpoint("osnet", {"width": 0.25}, network.state_dict(), size, 512), path)
    return load_embedder(path, "cpu", "torch").embed


def rate(embed: Embed, crops: list[np.ndarray], seconds: float) -> float:
    """Crops per second over at least that long."""
    start, done = time.perf_counter(), 0
    while time.perf_counter() - start < seconds:
        embed(crops)
        done += len(crops)
    return done / (time.perf_counter() - start)


def measure(contenders: dict[str, Embed], batch: int, rounds: int, seconds: float) -> dict[str, float]:
    """Median crops per second of each contender, and how many times faster the first is than each other."""
    crops = random_crops(batch)
    for embed in contenders.values():  # networks are compiled when they first meet a batch size
        embed(crops)
    turns: list[dict[str, float]] = [
        {name: rate(embed, crops, seconds) for name, embed in contenders.items()} for _ in range(rounds)
    ]
    first, *others = contenders
    row = {f"{name}_per_s": statistics.median(turn[name] for turn in turns) for name in contenders}
    return row | {f"times_{name}": statistics.median(turn[first] / turn[name] for turn in turns) for name in others}


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, metavar="FILE", help="default: the shipped model")
    parser.add_argument("--batch", type=int, nargs="+", default=[4, 16, 64], help="default: 4 16 64")
    parser.add_argument("--rounds", type=int, default=5, help="default: 5")
    parser.add_argument("--seconds", type=float, default=1.0, help="per measurement; default: 1")
    parser.add_argument("--threads", type=int, default=2, help="of torch; default: 2")
    parser.add_argument("--json", type=Path, metavar="FILE")
    args = parser.parse_args(argv)
    torch.set_num_threads(args.threads)
    with tempfile.TemporaryDirectory() as folder:
        contenders = {
            "shipped": load_embedder(args.weights, "cpu").embed,
            "osnet_x0_25_128x64_eager": eager_osnet(Path(folder), (128, 64)),
            "osnet_x0_25_256x128_eager": eager_osnet(Path(folder), (256, 128)),
        }
        table = {}
        for batch in args.batch:
            row = measure(contenders, batch, args.rounds, args.seconds)
            table[str(batch)] = {key: round(value, 2) for key, value in row.items()}
            print(f"batch {batch}: " + "  ".join(f"{key} {value:.1f}" for key, value in row.items()), flush=True)
    write_record(args.json, {"threads": args.threads, "by_batch": table})
    return 0


if __name__ == "__main__":
    sys.exit(main())
