"""Configurations: every shipped file is valid, overrides reach lists, and every mistake is one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from crosscam.base.errors import ConfigError
from reid.training.config_file import apply_override, load_options

MINIMAL = """
data: {sets: [{name: market1501, root: DATA}]}
losses: [{name: cross_entropy, input: logits}]
schedule: {steps: 10}
"""


def write(folder: Path, text: str) -> Path:
    file = folder / "config.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_every_configuration_of_the_repository_is_valid(repo_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CROSSCAM_REID_DATA", "/somewhere")
    files = sorted((repo_root / "configs" / "reid").glob("*.yaml"))
    assert len(files) >= 3
    for file in files:
        options = load_options(file)
        assert str(options.data.sets[0].root).startswith("/somewhere")


def test_overrides(tmp_path: Path) -> None:
    overrides = ["data.sets.0.root=/other", "augmentation.crop.erase=0", "schedule.steps=20", "data.held_out=5"]
    options = load_options(write(tmp_path, MINIMAL), overrides)
    assert options.data.sets[0].root == Path("/other")
    assert (options.augmentation.crop.erase, options.schedule.steps, options.data.held_out) == (0.0, 20, 5)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (MINIMAL + "optimizer: {}", "unknown key 'optimizer'"),
        (MINIMAL + "augmentation: {crop: {flips: 1}}", r"unknown key 'augmentation\.crop\.flips'"),
        (MINIMAL + "precision: int8", "precision"),
        (MINIMAL.replace("steps: 10", "steps: 10, hours: 1"), "either schedule.steps or schedule.hours"),
        (MINIMAL.replace("input: logits", "input: logit"), r"losses\.0\.input"),
        ("- a list", "must hold sections"),
        ("a: [", "not valid YAML"),
    ],
)
def test_mistakes_are_one_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        load_options(write(tmp_path, text))
    assert "\n" not in str(caught.value)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot read configuration"):
        load_options(tmp_path / "none.yaml")


@pytest.mark.parametrize("text", ["novalue", "=3", "data.sets.7.root=x", "seed.below=1", "data.sets.9=1"])
def test_wrong_overrides(text: str) -> None:
    with pytest.raises(ConfigError, match="--set"):
        apply_override({"data": {"sets": [{}]}, "seed": 0}, text)
