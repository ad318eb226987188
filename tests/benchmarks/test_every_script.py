"""Every benchmark says how it is run; a moved or renamed part shows here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = sorted(file for file in (ROOT / "benchmarks").rglob("*.py") if "__main__" in file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_help(script: Path) -> None:
    run = subprocess.run([sys.executable, str(script), "--help"], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert f"python {script.relative_to(ROOT).as_posix()}" in run.stdout, (
        "the help has no example with the present path"
    )
