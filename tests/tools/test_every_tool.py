"""Every tool answers `--help` and rejects a wrong argument with exit code 2."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

TOOLS = sorted(
    path for path in (Path(__file__).resolve().parents[2] / "tools").glob("*.py") if not path.name.startswith("_")
)


@pytest.mark.parametrize("tool", TOOLS, ids=lambda path: path.stem)
def test_help_says_what_the_tool_does(tool: Path) -> None:
    run = subprocess.run([sys.executable, str(tool), "--help"], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith("usage:")
    assert f"python tools/{tool.name} " in run.stdout, "the help has no example"


@pytest.mark.parametrize("tool", TOOLS, ids=lambda path: path.stem)
def test_an_unknown_flag_is_exit_code_2(tool: Path) -> None:
    run = subprocess.run([sys.executable, str(tool), "--no-such-flag"], capture_output=True, text=True)
    assert run.returncode == 2
    assert "no-such-flag" in run.stderr or "required" in run.stderr
