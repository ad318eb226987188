"""The configuration of a training: the shipped file is valid, mistakes are one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from crosscam.base.errors import ConfigError
from tracker.detector_training.options import load_options


def test_every_shipped_configuration_is_valid(repo_root: Path) -> None:
    files = sorted((repo_root / "configs" / "detection").glob("*.yaml"))
    assert files
    for file in files:
        assert load_options(file).sources


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sizes: 3\n", "unknown key 'sizes'"),
        ("size: 300\n", "size"),
        ("hours: 0\n", "hours"),
        ("sources: [{path: a, layout: voc}]\n", "layout"),
        ("sources: [{pth: a}]\n", "sources"),
        ("{", "not valid YAML"),
    ],
)
def test_mistakes_are_one_line_that_names_file_and_key(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "training.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=message) as caught:
        load_options(file)
    assert "training.yaml" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"gone\.yaml"):
        load_options(tmp_path / "gone.yaml")
