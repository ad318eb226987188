"""The console command `crosscam`: one file per subcommand, found by the table below.

A subcommand's file has a docstring (its help), `add_arguments(parser)`, `run(args)`, which may return an exit code, and
where arguments must fit each other `check_arguments(parser, args)`. `tools/*.py` run the same subcommands.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from typing import Any

from crosscam.commands.ending import WRONG_INPUT, exit_code

Main = Callable[..., int]


@dataclass(frozen=True)
class Command:
    """A subcommand.

    Attributes:
        summary: One line for the list of subcommands.
        module: File in this folder.
        tool: File in `tools/` that runs it, without the ending; "" where there is none.
    """

    summary: str
    module: str
    tool: str = ""


COMMANDS: dict[str, Command] = {
    "track": Command("follow people through the videos of several cameras", "track", "run_tracker"),
    "search": Command("find a person in the results of a run", "search", "search_person"),
    "evaluate tracking": Command("score tracks against ground truth", "evaluate_tracking", "evaluate_tracking"),
    "evaluate detector": Command("score a person detector", "evaluate_detector", "evaluate_detector"),
    "evaluate reid": Command("score a ReID model on a data set", "evaluate_reid", "evaluate_reid"),
    "train reid": Command("train a ReID model", "train_reid", "train_reid"),
    "train encoder": Command("train a tracklet encoder", "train_encoder", "train_tracklet_encoder"),
    "train detector": Command("train the built-in detector", "train_detector", "train_detector"),
    "export reid": Command("turn a ReID checkpoint into ONNX, OpenVINO or int8", "export_reid", "export_reid"),
    "export detector": Command("turn a detector's checkpoint into ONNX", "export_detector", "export_detector"),
    "calibrate cameras": Command("estimate floor and clocks from a run", "calibrate_cameras", "calibrate_cameras"),
    "calibrate identity": Command("error rates on labelled tracks", "calibrate_identity", "calibrate_identity"),
    "tune tracker": Command("search for better options of the tracker", "tune_tracker", "tune_tracker"),
    "tune reid": Command("search for better options of a ReID training", "tune_reid", "tune_reid"),
    "label": Command("label frames for the detector where two detectors agree", "label", "label_frames"),
    "check-data": Command("check a copy of a ReID data set", "check_data", "check_dataset"),
    "average": Command("average the weights of ReID checkpoints", "average", "average_reid"),
    "completion": Command("print a script that completes commands in a shell", "completion"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the console command; returns the exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    if words[:1] == ["--version"]:
        from crosscam import __version__

        print(f"crosscam {__version__}")
        return 0
    for length in (2, 1):
        name = " ".join(words[:length])
        if name in COMMANDS:
            return run_command(name, f"crosscam {name}", words[length:])
    return _no_command(words)


def tool_main(tool: str) -> Main:
    """The `main(argv=None)` of a file in `tools/`."""
    (name,) = (name for name, command in COMMANDS.items() if command.tool == tool)
    return lambda argv=None: run_command(name, f"python tools/{tool}.py", sys.argv[1:] if argv is None else argv)


def run_command(name: str, program: str, argv: Sequence[str]) -> int:
    """Parse the arguments of a subcommand and run it.

    Args:
        name: In `COMMANDS`.
        program: As the user called it; the examples of the help show it.
        argv: Without program and name.
    """
    module = import_module(f"crosscam.commands.{COMMANDS[name].module}")
    parser = command_parser(name, program)
    args = parser.parse_args(list(argv))
    if hasattr(module, "check_arguments"):
        module.check_arguments(parser, args)
    return exit_code(lambda: module.run(args))


def command_parser(name: str, program: str) -> argparse.ArgumentParser:
    """The parser of a subcommand, as the user calls it."""
    module = import_module(f"crosscam.commands.{COMMANDS[name].module}")
    parser = argparse.ArgumentParser(
        prog=program, description=_help_text(module, program), formatter_class=argparse.RawDescriptionHelpFormatter
    )
    module.add_arguments(parser)
    return parser


def _help_text(module: Any, program: str) -> str:
    """The module's docstring, with all commands in it as the user calls them: tools where one was called."""
    text = module.__doc__ or ""
    if not program.startswith("python "):
        return text
    for name, command in sorted(COMMANDS.items(), key=lambda item: -len(item[0])):
        if command.tool:
            text = text.replace(f"crosscam {name} ", f"python tools/{command.tool}.py ")
    return text


def _no_command(words: Sequence[str]) -> int:
    """Help, or what is wrong with the words."""
    group = words[0] if words else ""
    members = [name for name in COMMANDS if name.startswith(f"{group} ")]
    if not words or group in ("-h", "--help") or (members and words[1:2] in ([], ["-h"], ["--help"])):
        print(_overview(members or list(COMMANDS)))
        return 0 if "--help" in words or "-h" in words else WRONG_INPUT
    asked = " ".join(words[:2] if members else words[:1])
    near = get_close_matches(asked, COMMANDS, 3, 0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else "see crosscam --help"
    print(f"error: there is no subcommand {asked!r}; {hint}", file=sys.stderr)
    return WRONG_INPUT


def _overview(names: Sequence[str]) -> str:
    width = max(map(len, names))
    lines = [f"  {name:<{width}}  {COMMANDS[name].summary}" for name in names]
    head = ["usage: crosscam SUBCOMMAND ...", "", "One number per person in all cameras.", "", "subcommands:"]
    foot = ["", "crosscam SUBCOMMAND --help explains one; crosscam --version tells the version."]
    return "\n".join([*head, *lines, *foot])
