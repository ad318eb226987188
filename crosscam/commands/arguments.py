"""Arguments that several subcommands have, so that one flag means the same everywhere."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_settings(parser: argparse.ArgumentParser, file_help: str, example: str, is_required: bool = False) -> None:
    """`--config FILE` and `--set KEY=VALUE ...`.

    Args:
        parser: Gets the arguments.
        file_help: What the file holds.
        example: Of a value that is set.
        is_required: The file must be given.
    """
    parser.add_argument("--config", type=Path, metavar="FILE", required=is_required, help=file_help)
    parser.add_argument(
        "--set", nargs="+", default=[], action="extend", metavar="KEY=VALUE", help=f"override values, e.g. {example}"
    )


def add_json(parser: argparse.ArgumentParser, what: str) -> None:
    """`--json FILE`: `what` is printed and, on demand, written."""
    parser.add_argument("--json", type=Path, metavar="FILE", help=f"write {what} to this file as JSON")


def add_device(parser: argparse.ArgumentParser) -> None:
    """`--device DEVICE`."""
    parser.add_argument("--device", metavar="DEVICE", help="auto, cpu, cuda or cuda:N (auto: a GPU where there is one)")


def add_output_file(parser: argparse.ArgumentParser, what: str, is_required: bool = False) -> None:
    """`--output FILE`."""
    parser.add_argument("--output", type=Path, metavar="FILE", required=is_required, help=f"file: {what}")


def add_output_folder(parser: argparse.ArgumentParser, what: str, default: str | None = None) -> None:
    """`--output DIR`, required where there is no default."""
    shown = "" if default is None else f" ({default})"
    folder = None if default is None else Path(default)
    help_text = f"folder: {what}{shown}"
    parser.add_argument("--output", type=Path, metavar="DIR", default=folder, required=folder is None, help=help_text)
