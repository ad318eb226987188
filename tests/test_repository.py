"""House rules that hold for the whole repository."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

from tracker.running.configuration import load_config

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("crosscam", "tracker", "reid")
FILES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


@pytest.mark.parametrize("file", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_module_says_what_it_is(file: Path) -> None:
    source = file.read_text(encoding="utf-8")
    assert not source.strip() or ast.get_docstring(ast.parse(source)), "the module has no docstring"


def test_weights_are_never_unpickled() -> None:
    calls = [call for file in FILES for call in re.findall(r"torch\.load\([^)]*\)", file.read_text(encoding="utf-8"))]
    assert calls
    assert [call for call in calls if "weights_only=True" not in call] == []


def test_yaml_is_read_with_the_safe_loader() -> None:
    texts = {file: file.read_text(encoding="utf-8") for file in FILES}
    assert any("yaml.SafeLoader" in text for text in texts.values())
    assert [f for f, text in texts.items() if re.search(r"yaml\.(load|unsafe_load|full_load)\(", text)] == []


@pytest.mark.parametrize("file", sorted((ROOT / "tracker" / "presets").glob("*.yaml")), ids=lambda p: p.stem)
def test_every_tracking_configuration_is_valid(file: Path) -> None:
    assert load_config(file) == load_config(preset=file.stem)


def test_the_commands_of_the_readme_name_files_that_exist() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for tool in set(re.findall(r"python (tools/\w+\.py|benchmarks/\w+\.py)", readme)):
        assert (ROOT / tool).is_file(), tool
    for picture in re.findall(r"!\[[^]]*\]\(([^)]+)\)", readme):
        assert (ROOT / picture).is_file(), picture


def test_every_benchmark_has_a_row_in_the_table() -> None:
    folder = ROOT / "benchmarks"
    rows = re.findall(r"^\| `([\w/]+\.py)`", (folder / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    scripts = {
        str(file.relative_to(folder)) for file in folder.rglob("*.py") if "__main__" in file.read_text(encoding="utf-8")
    }
    assert scripts <= set(rows)
    assert len(rows) == len(set(rows))


def test_nothing_large_is_committed() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    sizes = {
        name: (ROOT / name).stat().st_size for name in listed.stdout.split("\0") if name and (ROOT / name).exists()
    }
    assert {name: size for name, size in sizes.items() if size > 4_200_000} == {}
