"""The console command: every subcommand explains itself, alike as tool and as subcommand."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from crosscam import __version__
from crosscam.commands import COMMANDS, main
from crosscam.commands.completion import whole_parser


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "crosscam", *words], capture_output=True, text=True)


@pytest.mark.parametrize("name", COMMANDS)
def test_help_says_what_the_subcommand_does(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*name.split(), "--help"])
    shown = capsys.readouterr().out
    assert ended.value.code == 0
    assert shown.startswith(f"usage: crosscam {name} ")
    assert f"    crosscam {name} " in shown, "the help has no example"
    assert "python tools/" not in shown


def test_every_file_of_the_folder_is_in_the_table(repo_root: Path) -> None:
    files = {path.stem for path in (repo_root / "crosscam" / "commands").glob("*.py")}
    shared = {"__init__", "arguments", "ending", "search_query"}
    assert files - shared == {command.module for command in COMMANDS.values()}
    tools = {path.stem for path in (repo_root / "tools").glob("*.py") if not path.name.startswith("_")}
    assert tools - {"render_sample_videos"} == {command.tool for command in COMMANDS.values() if command.tool}


def test_flags_mean_the_same_everywhere() -> None:
    whole = whole_parser()
    groups = [action for action in whole._actions if hasattr(action, "choices") and action.choices]
    parsers = list(groups[0].choices.values())
    for parser in list(parsers):
        for action in parser._actions:
            if isinstance(action.choices, dict):
                parsers += action.choices.values()
    for parser in parsers:
        flags = {option: action for action in parser._actions for option in action.option_strings}
        assert ("--set" in flags) == ("--config" in flags) or parser.prog.endswith("export detector"), parser.prog
        if "--set" in flags:
            assert flags["--set"].nargs == "+"
        if "--output" in flags:
            assert flags["--output"].metavar in ("FILE", "DIR"), parser.prog
            assert flags["--output"].help.startswith(("file", "folder")), parser.prog
        assert all(action.help for action in flags.values()), parser.prog


def test_the_list_the_version_and_an_unknown_subcommand(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"crosscam {__version__}\n"
    assert main(["--help"]) == 0
    assert all(name in capsys.readouterr().out for name in ["track"])
    assert main([]) == 2
    assert main(["evaluate", "--help"]) == 0
    shown = capsys.readouterr().out
    assert "evaluate reid" in shown
    assert main(["trakc"]) == 2
    assert capsys.readouterr().err == "error: there is no subcommand 'trakc'; did you mean track?\n"
    assert main(["evaluate", "trackin"]) == 2
    assert "evaluate tracking" in capsys.readouterr().err


def test_the_command_starts_without_heavy_packages() -> None:
    code = """
import sys
from crosscam.commands import main
main(["--help"])
print([m for m in ("numpy", "cv2", "torch", "openvino", "pydantic", "rich", "av") if m in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_completion_knows_subcommands_and_flags(tmp_path: Path) -> None:
    script = run("completion", "bash")
    assert script.returncode == 0, script.stderr
    file = tmp_path / "crosscam"
    file.write_text(script.stdout)
    ask = f"""
source {file}
COMP_WORDS=(crosscam evaluate "$1"); COMP_CWORD=2; COMPREPLY=()
_shtab_crosscam
echo "${{COMPREPLY[@]}}"
"""
    done = subprocess.run(["bash", "-c", ask, "bash", "tr"], capture_output=True, text=True)
    assert done.stdout.split() == ["tracking"], done.stderr


def test_the_module_is_the_command() -> None:
    assert run("--version").stdout == f"crosscam {__version__}\n"
    wrong = run("track", "--videos", "gone.mp4")
    assert wrong.returncode == 2
    assert wrong.stderr.count("\n") == 1
