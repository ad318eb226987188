"""The `detector` section: --set adjusts whichever detector was chosen, mistakes name the key."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from crosscam.base.errors import ConfigError
from tracker.detection import DETECTORS, detector_section
from tracker.detection.builtin import BuiltinOptions
from tracker.detection.onnx import OnnxOptions
from tracker.running.configuration import load_config


def test_one_value_of_the_default_detector_can_be_set() -> None:
    assert load_config(overrides=["detector.min_score=0.3"]).detector == BuiltinOptions(min_score=0.3)


def test_set_adjusts_the_detector_that_a_flag_chose() -> None:
    config = load_config(overrides=["detector.min_score=0.3"], sections={"detector": detector_section("a.onnx")})
    assert config.detector == OnnxOptions(weights="a.onnx", min_score=0.3)


def test_set_can_choose_another_detector() -> None:
    overrides = ["detector={name: onnx, weights: b.xml}", "detector.input_size=320"]
    assert load_config(overrides=overrides).detector == OnnxOptions(weights="b.xml", input_size=320)


def test_a_wrong_key_is_named() -> None:
    with pytest.raises(ConfigError, match=r"detector\.sise=3.*sise"):
        load_config(overrides=["detector.sise=3"])
    with pytest.raises(ConfigError, match="weights"):
        load_config(sections={"detector": {"name": "onnx"}})


def test_every_option_model_has_its_detector() -> None:
    assert sorted(DETECTORS) == ["builtin", "mot_file", "onnx", "ultralytics"]


def test_importing_detection_loads_no_network_package(repo_root: Path) -> None:
    code = (
        "import sys, tracker.detection, tracker.running.configuration;"
        "print([m for m in ('torch', 'openvino', 'onnxruntime', 'ultralytics') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=repo_root, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
