"""Print a script that completes `crosscam` and its arguments with the Tab key.

    crosscam completion bash > ~/.local/share/bash-completion/completions/crosscam
    crosscam completion zsh > ~/.zfunc/_crosscam
    crosscam completion tcsh > ~/.crosscam.tcsh

A new shell knows it then.
"""

from __future__ import annotations

import argparse
from importlib import import_module

from crosscam.base.extras import require
from crosscam.commands import COMMANDS

SHELLS = ("bash", "zsh", "tcsh")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command line."""
    parser.add_argument("shell", choices=SHELLS, help="whose script is printed")


def run(args: argparse.Namespace) -> None:
    """Print the script."""
    shtab = require("shtab", "completion", "shell completion")
    print(shtab.complete(whole_parser(), args.shell))


def whole_parser() -> argparse.ArgumentParser:
    """One parser with all subcommands and their arguments."""
    parser = argparse.ArgumentParser(prog="crosscam")
    parser.add_argument("--version", action="store_true", help="tell the version")
    groups = {"": parser.add_subparsers(dest="subcommand")}
    for name, command in COMMANDS.items():
        group, _, leaf = name.rpartition(" ")
        if group not in groups:
            groups[group] = groups[""].add_parser(group, help=f"{group} ...").add_subparsers(dest=group)
        own = groups[group].add_parser(leaf, help=command.summary)
        import_module(f"crosscam.commands.{command.module}").add_arguments(own)
    return parser
