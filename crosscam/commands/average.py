"""Average the weights of ReID checkpoints that were trained on from one beginning.

    crosscam average --weights runs/second/last.pth runs/third/last.pth --output averaged.pth
    crosscam average --weights a.pth b.pth --shares 1 3 --output averaged.pth

The mean often recognizes new people better than either, at no cost. The input size is that of the last file.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from crosscam.commands.arguments import add_output_file


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command line."""
    parser.add_argument(
        "--weights", nargs="+", type=Path, required=True, metavar="FILE", help="two checkpoints or more"
    )
    parser.add_argument("--shares", nargs="+", type=float, metavar="S", help="of each file; default: equal ones")
    add_output_file(parser, "the averaged checkpoint", is_required=True)


def run(args: argparse.Namespace) -> None:
    """Read, average, save."""
    from reid.checkpoint import load_checkpoint, save_checkpoint
    from reid.training.averaging import average_checkpoints

    save_checkpoint(average_checkpoints([load_checkpoint(path) for path in args.weights], args.shares), args.output)
