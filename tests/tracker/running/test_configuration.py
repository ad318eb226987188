"""Layers of configuration, and the one line that a mistake gives."""

from __future__ import annotations

from pathlib import Path

import pytest

from crosscam.base.config_text import DEFAULT_HEADER, config_text
from crosscam.base.errors import ConfigError
from tracker.running.configuration import PRESET_FOLDER, available_presets, load_config
from tracker.running.options import PipelineConfig


def test_later_layers_win(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("tracker: {max_lost_s: 3, min_hits: 4}\n")
    config = load_config(file, "bytetrack", ["tracker.max_lost_s=5"], {"output": {"video": False}})
    assert config.tracker.shape == "xyah"
    assert config.tracker.min_hits == 4
    assert config.tracker.max_lost_s == 5
    assert config.output.video is False


def test_options_of_another_part_do_not_mix() -> None:
    base = {"detector": {"name": "onnx", "weights": "a.onnx"}}
    config = load_config(overrides=["detector={name: builtin}"], sections=None)
    assert config.detector.name == "builtin"
    assert load_config(sections=base).detector.name == "onnx"


@pytest.mark.parametrize("preset", available_presets())
def test_every_preset_is_valid(preset: str) -> None:
    assert isinstance(load_config(preset=preset), PipelineConfig)


def test_presets_lie_in_the_repository(repo_root: Path) -> None:
    assert repo_root / "tracker" / "presets" == PRESET_FOLDER


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("tracker.max_lost=1", r"unknown key 'tracker\.max_lost'"),
        ("tracker.max_lost_s=often", r"tracker\.max_lost_s: .* got 'often'"),
        ("trakcer.x=1", "unknown key 'trakcer'"),
        ("tracker", "needs section.key=value"),
        ("=1", "needs section.key=value"),
        ("detector.name=hogg", "detector"),
    ],
)
def test_a_mistake_names_the_key(override: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load_config(overrides=[override])


def test_an_unknown_preset_lists_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"unknown tracker 'bytetrak'; available: .*bytetrack"):
        load_config(preset="bytetrak")


@pytest.mark.parametrize("content", ["- a\n- b\n", "a: [1\n", "tracker: {stages: 3}\n"])
def test_a_bad_file_is_named(tmp_path: Path, content: str) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text(content)
    with pytest.raises(ConfigError, match=r"bad\.yaml"):
        load_config(file)


def test_yaml_cannot_make_objects(tmp_path: Path) -> None:
    file = tmp_path / "evil.yaml"
    file.write_text("tracker: !!python/object/apply:os.system ['true']\n")
    with pytest.raises(ConfigError, match="not valid YAML"):
        load_config(file)


def test_a_preset_may_be_a_file_of_the_user(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("tracker: {max_lost_s: 7}\n")
    assert load_config(preset=file).tracker.max_lost_s == 7
    with pytest.raises(ConfigError, match=r"gone\.yaml"):
        load_config(preset=tmp_path / "gone.yaml")


def test_a_device_is_for_every_network() -> None:
    config = load_config(device="cuda:1")
    assert (config.detector.device, config.embedder.device) == ("cuda:1", "cuda:1")
    stored = load_config(sections={"detector": {"name": "mot_file", "files": ["a.txt"]}}, device="cpu")
    assert stored.embedder.device == "cpu"
    apart = load_config(overrides=["embedder.device=cpu"], device="cuda")
    assert (apart.detector.device, apart.embedder.device) == ("cuda", "cpu")
    with pytest.raises(ConfigError, match="--device gpu"):
        load_config(device="gpu")


def test_the_default_file_spells_out_every_default(repo_root: Path) -> None:
    file = repo_root / "tracker" / "presets" / "default.yaml"
    assert file.read_text(encoding="utf-8") == DEFAULT_HEADER + config_text(PipelineConfig()), (
        "regenerate it: python tools/run_tracker.py --print-config > tracker/presets/default.yaml"
    )
    assert load_config(file) == PipelineConfig()
