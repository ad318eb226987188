"""The house: which rooms there are, which arrows they may have, and that no way leads back.

A room is a folder of a package; a file that lies directly in `tracker/` or `reid/` is a room by itself. The table is
the architecture: a new arrow is a decision, made here and in the docs.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("crosscam", "reid", "tracker")
HEAVY = ("torch", "openvino", "onnxruntime", "ultralytics", "av", "timm", "trackeval", "matplotlib", "supervision")

ALLOWED_ARROWS: dict[str, set[str]] = {
    "crosscam": {"crosscam.base"},
    "crosscam.base": set(),
    "reid.losses": {"crosscam.base"},
    "reid.models": {"crosscam.base", "reid.losses"},
    "reid.data": {"crosscam.base"},
    "reid.weights_files": {"crosscam.base", "reid.models"},
    "reid.distance_scale": {"crosscam.base"},
    "reid.clothing": {"crosscam.base"},
    "reid.pose_parts": {"crosscam.base"},
    "reid.checkpoint": {"crosscam.base", "reid.distance_scale", "reid.models", "reid.weights_files"},
    "reid.inference": {"crosscam.base", "reid.checkpoint", "reid.distance_scale", "reid.models"},
    "reid.embedder": {"crosscam.base", "reid.checkpoint", "reid.data", "reid.distance_scale", "reid.inference"},
    "reid.export": {"crosscam.base", "reid.checkpoint", "reid.data", "reid.inference"},
    "reid.evaluation": {"crosscam.base", "reid.checkpoint", "reid.data", "reid.embedder"},
    "reid.training": {
        "crosscam.base",
        "reid.checkpoint",
        "reid.data",
        "reid.distance_scale",
        "reid.evaluation",
        "reid.losses",
        "reid.models",
        "reid.weights_files",
    },
    "tracker.structures": set(),
    "tracker.interfaces": {"tracker.structures"},
    "tracker.formats": {"crosscam.base", "tracker.structures"},
    "tracker.video": {"crosscam.base", "tracker.formats", "tracker.structures"},
    "tracker.detection": {"crosscam.base", "tracker.formats", "tracker.interfaces", "tracker.structures"},
    "tracker.motion": {"crosscam.base", "tracker.structures"},
    "tracker.single_camera": {"crosscam.base", "tracker.interfaces", "tracker.motion", "tracker.structures"},
    "tracker.cross_camera": {"crosscam.base", "tracker.interfaces", "tracker.single_camera", "tracker.structures"},
    "tracker.output": {"crosscam.base", "tracker.formats", "tracker.structures", "tracker.video"},
    "tracker.evaluation": {
        "crosscam.base",
        "tracker.detection",
        "tracker.formats",
        "tracker.interfaces",
        "tracker.output",
        "tracker.single_camera",
        "tracker.structures",
        "tracker.video",
    },
    "tracker.detector_training": {
        "crosscam.base",
        "tracker.detection",
        "tracker.evaluation",
        "tracker.interfaces",
        "tracker.structures",
        "tracker.video",
    },
}
"""What each room may import. `tracker.running` and `crosscam.commands` put everything together: see `TOP`."""

TOP = {"tracker.running", "crosscam.commands", "crosscam.__main__"}
"""Rooms that may import everything below them; of `tracker.running` only `build.py` may import `reid`."""


def module_name(file: Path) -> str:
    """`reid/models/__init__.py` -> `reid.models`."""
    return ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


FILES = {module_name(file): file for package in PACKAGES for file in sorted((ROOT / package).rglob("*.py"))}


def imported(file: Path) -> Iterator[str]:
    """Modules that a file imports anywhere but for type checkers; a name that is a module counts as that module."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                inner_module = f"{node.module}.{alias.name}"
                yield inner_module if inner_module in FILES else node.module


def room(module: str) -> str:
    """The room of a module: its folder below the package, or itself where it lies directly in the package."""
    return ".".join(module.split(".")[:2])


def folder(module: str) -> str:
    """The folder that a module lies in, at any depth; a file directly in a package is its own."""
    parts = module.split(".")
    is_package = FILES[module].name == "__init__.py"
    return module if is_package or len(parts) == 2 else ".".join(parts[:-1])


def arrows(place: Mapping[str, str]) -> dict[tuple[str, str], str]:
    """(from, to) -> one import that makes the arrow, between the places of the modules."""
    found: dict[tuple[str, str], str] = {}
    for module, file in FILES.items():
        for target in imported(file):
            if target in place and place[target] != place[module]:
                found.setdefault((place[module], place[target]), f"{module} imports {target}")
    return found


ROOM_ARROWS = arrows({module: room(module) for module in FILES})


def test_every_arrow_is_in_the_table() -> None:
    unknown = {
        reason
        for (source, target), reason in ROOM_ARROWS.items()
        if source not in TOP and source not in PACKAGES and target not in ALLOWED_ARROWS.get(source, set())
    }
    assert unknown == set()


def test_the_table_names_rooms_that_exist_and_arrows_that_are_used() -> None:
    rooms = {room(module) for module in FILES}
    assert set(ALLOWED_ARROWS) <= rooms
    assert rooms - set(ALLOWED_ARROWS) - TOP <= {"tracker", "reid"}


def test_no_way_leads_back_to_a_folder() -> None:
    graph: dict[str, set[str]] = {}
    for source, target in arrows({module: folder(module) for module in FILES}):
        if source not in PACKAGES and target not in PACKAGES:
            graph.setdefault(source, set()).add(target)
    done: set[str] = set()

    def visit(place: str, way: tuple[str, ...]) -> None:
        assert place not in way, "a circle: " + " -> ".join((*way, place))
        if place not in done:
            for target in sorted(graph.get(place, ())):
                visit(target, (*way, place))
            done.add(place)

    for start in sorted(graph):
        visit(start, ())


def test_reid_stands_alone_and_only_build_imports_it() -> None:
    reasons = {file for file, path in FILES.items() for target in imported(path) if target.split(".")[0] == "reid"}
    assert {m for m in reasons if m.startswith("tracker")} == {"tracker.running.build"}
    assert not any(target.startswith("tracker") for (source, target) in ROOM_ARROWS if source.startswith("reid"))


def test_ultralytics_is_asked_for_in_one_file() -> None:
    asked = re.compile(r"""(import|from) ultralytics\b|require\("ultralytics""")
    found = {module for module, file in FILES.items() if asked.search(file.read_text(encoding="utf-8"))}
    assert found == {"tracker.detection.ultralytics"}


def test_packages_hold_few_loose_files() -> None:
    assert {file.name for file in (ROOT / "tracker").glob("*.py")} == {"__init__.py", "interfaces.py", "structures.py"}


@pytest.mark.parametrize("package", PACKAGES)
def test_importing_a_package_loads_nothing_heavy(package: str) -> None:
    code = f"import sys, {package}; print([m for m in {HEAVY!r} if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
