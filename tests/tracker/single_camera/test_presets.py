"""Presets are valid and name their source, and the default is the constructor's."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from tracker.single_camera.options import TrackerOptions
from tracker.single_camera.refinement import RefinementOptions

FOLDER = Path(__file__).resolve().parents[3] / "tracker" / "presets"
PRESETS = sorted(FOLDER.glob("*.yaml"))


def section(name: str, part: str) -> dict:
    return yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))[part]


def test_default_equals_the_constructor() -> None:
    assert TrackerOptions.model_validate(section("default", "tracker")) == TrackerOptions()
    assert RefinementOptions.model_validate(section("default", "refinement")) == RefinementOptions()


@pytest.mark.parametrize("path", PRESETS, ids=lambda path: path.stem)
def test_presets_are_valid_and_name_their_source(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    TrackerOptions.model_validate(yaml.safe_load(text)["tracker"])
    assert text.startswith("# ")
    if path.stem != "default":
        assert "Departures:" in text


def test_unknown_keys_are_errors() -> None:
    with pytest.raises(ValidationError, match="max_age"):
        TrackerOptions.model_validate({"max_age": 30})
    with pytest.raises(ValidationError, match="giou"):
        TrackerOptions.model_validate({"stages": [{"costs": {"giou": 1.0}}]})
