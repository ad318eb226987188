"""The documentation names what there is: links, files, commands, arrows, parts."""

from __future__ import annotations

import argparse
import re
import shlex
import sys
from pathlib import Path
from types import ModuleType

import pytest

from crosscam.commands import COMMANDS, command_parser

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
TOOLS = {command.tool: name for name, command in COMMANDS.items() if command.tool}
FILE = re.compile(r"`((?:tracker|reid|crosscam|configs|tools|benchmarks|scenes|docs|tests)/[\w./-]*)`")


@pytest.fixture(scope="module")
def hooks() -> ModuleType:
    sys.path.insert(0, str(ROOT / "docs"))
    try:
        import hooks as module
    finally:
        sys.path.remove(str(ROOT / "docs"))
    return module


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_and_files_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
        if "://" not in target and target != "preview.jpg":
            assert (page.parent / target).exists(), target
    for name in FILE.findall(text):
        assert (ROOT / name).exists(), name


def commands_of(page: Path) -> list[list[str]]:
    """The words of every command of ours on a page, with continued lines joined and comments left out."""
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    lines = re.findall(r"^ {4}((?:crosscam|python tools/\w+\.py) .*)$", text, re.MULTILINE)
    return [shlex.split(line.split("  #")[0], comments=True) for line in lines]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_are_understood(page: Path) -> None:
    for words in commands_of(page):
        if words[0] == "python":
            name, rest = TOOLS[Path(words[1]).stem], words[2:]
        else:
            length = 2 if " ".join(words[1:3]) in COMMANDS else 1
            name, rest = " ".join(words[1 : 1 + length]), words[1 + length :]
            assert name in COMMANDS or words[1].startswith("-") or words[1].isupper(), words
            if name not in COMMANDS:
                continue
        rest = rest[: rest.index(">")] if ">" in rest else rest
        if "..." in rest:
            continue
        try:
            command_parser(name, "crosscam").parse_args(rest)
        except SystemExit:
            pytest.fail(f"not understood: {' '.join(words)}")


def test_the_table_of_arrows_is_that_of_the_test(hooks: ModuleType) -> None:
    shown = hooks.allowed_arrows()
    assert shown["tracker.motion"] == {"crosscam.base", "tracker.structures"}
    assert shown["crosscam.base"] == set()
    assert hooks.arrows().count("\n") == len(shown) + 1


def test_every_part_has_its_row() -> None:
    from reid.data import DATASETS
    from reid.losses import LOSSES
    from reid.models import MODELS, TRUNKS
    from tracker.detection import DETECTORS
    from tracker.running.configuration import available_presets
    from tracker.single_camera.association.costs import COSTS

    text = (ROOT / "docs" / "adding-a-part.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([\w ]+) \| `(\w+)` \|", text, re.MULTILINE)
    kinds = {
        "detector": DETECTORS,
        "tracker preset": available_presets(),
        "cost term": COSTS,
        "loss": LOSSES,
        "trunk": TRUNKS,
        "ReID model": MODELS,
        "data set": DATASETS,
    }
    for kind, registry in kinds.items():
        assert [name for found, name in rows if found == kind and name not in registry] == [], kind
        assert set(registry) - {name for found, name in rows if found == kind} == set(), kind


def test_command_and_api_pages_are_made_from_the_code(hooks: ModuleType) -> None:
    import crosscam

    text = hooks.commands()
    assert all(f"## crosscam {name}\n" in text for name in COMMANDS)
    assert isinstance(command_parser("track", "crosscam track"), argparse.ArgumentParser)
    assert all(f".{name}\n" in hooks.api() for name in crosscam.__all__ if name != "__version__")


def test_a_drawing_has_every_part(hooks: ModuleType) -> None:
    drawn = hooks.flow_svg("frames -> boxes\nboxes -> two\\nlines")
    assert drawn.startswith("<svg")
    assert "\n\n" not in drawn


def test_the_python_example_of_the_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    code = re.search(r"## The same in Python\n\n((?: {4}.*\n|\n)+)", text)
    assert code is not None
    example = "\n".join(line[4:] for line in code[1].splitlines())
    for camera in ("cam1.mp4", "cam2.mp4"):
        (tmp_path / camera).symlink_to(ROOT / "sample_videos" / camera)
    monkeypatch.chdir(tmp_path)
    short = example.replace('output="output"', 'output="output", max_frames=20, quiet=True')
    assert short != example
    exec(compile(short, "README.md", "exec"), {})
    assert (tmp_path / "output" / "cam1.mp4").exists()
