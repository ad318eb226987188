"""Average the weights of ReID checkpoints that were trained on from one beginning.

    python tools/average_reid.py --weights runs/second/last.pth runs/third/last.pth --output averaged.pth
    python tools/average_reid.py --weights a.pth b.pth --shares 1 3 --output averaged.pth

The mean often recognizes new people better than either, at no cost. The input size is that of the last file.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import _repo_root  # noqa: F401
from _exit_code import exit_code


def parse_arguments(argv: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--weights", nargs="+", type=Path, required=True, metavar="FILE", help="two checkpoints or more"
    )
    parser.add_argument("--shares", nargs="+", type=float, metavar="S", help="of each file; default: equal ones")
    parser.add_argument("--output", type=Path, required=True, metavar="FILE", help="the averaged checkpoint")
    return parser.parse_args(argv)


def run(args: argparse.Namespace) -> None:
    """Read, average, save."""
    from reid.checkpoint import load_checkpoint, save_checkpoint
    from reid.training.averaging import average_checkpoints

    save_checkpoint(average_checkpoints([load_checkpoint(path) for path in args.weights], args.shares), args.output)


def main(argv: list[str] | None = None) -> int:
    """Run the tool; returns the exit code."""
    args = parse_arguments(argv)
    return exit_code(lambda: run(args))


if __name__ == "__main__":
    raise SystemExit(main())
