"""The house rules on imports, read from the source: `reid` stands alone and `tracker` meets it in one file."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("torch", "openvino", "onnxruntime", "ultralytics", "av", "timm", "trackeval", "matplotlib", "supervision")


def imported_packages(file: Path) -> set[str]:
    """Top-level packages that a file imports anywhere."""
    packages: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            packages.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            packages.add(node.module.split(".")[0])
    return packages


def files_importing(root: Path, folder: str, package: str) -> set[str]:
    return {str(file.relative_to(root)) for file in (root / folder).rglob("*.py") if package in imported_packages(file)}


def test_reid_never_imports_tracker(repo_root: Path) -> None:
    assert files_importing(repo_root, "reid", "tracker") == set()


def test_only_build_imports_reid(repo_root: Path) -> None:
    assert files_importing(repo_root, "tracker", "reid") == {"tracker/running/build.py"}


def test_ultralytics_is_imported_in_one_file(repo_root: Path) -> None:
    found = files_importing(repo_root, "tracker", "ultralytics") | files_importing(repo_root, "reid", "ultralytics")
    assert found == {"tracker/detection/ultralytics.py"}


@pytest.mark.parametrize("package", ["tracker", "reid"])
def test_importing_a_package_loads_nothing_heavy(repo_root: Path, package: str) -> None:
    code = f"import sys, {package}; print([m for m in {HEAVY!r} if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], cwd=repo_root, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
