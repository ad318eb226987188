"""The public surface: changing it is a decision, not an accident."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

import crosscam
import tracker

TRACKER_NAMES = {
    "CameraInfo",
    "Detections",
    "Frame",
    "FrameTracks",
    "Identity",
    "InputError",
    "PipelineConfig",
    "RunRequest",
    "TrackingResult",
    "Tracklet",
    "load_config",
    "track_live",
    "track_videos",
}
NAMES = TRACKER_NAMES | {
    "Checkpoint",
    "Embedder",
    "__version__",
    "evaluate",
    "load_checkpoint",
    "load_embedder",
    "read_ground_truth",
    "read_results",
}


def test_the_public_names_are_these() -> None:
    assert set(crosscam.__all__) == NAMES == set(dir(crosscam))
    assert set(tracker.__all__) == TRACKER_NAMES == set(dir(tracker))


@pytest.mark.parametrize("name", sorted(NAMES - {"__version__"}))
def test_every_public_name_resolves_to_itself(name: str) -> None:
    assert getattr(crosscam, name).__name__ == name
    if name in TRACKER_NAMES:
        assert getattr(tracker, name) is getattr(crosscam, name)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="nobody"):
        _ = crosscam.nobody  # type: ignore[attr-defined]


def test_the_version_is_one() -> None:
    assert crosscam.__version__ == version("crosscam")


def test_packages_tell_type_checkers_that_they_are_typed(repo_root: Path) -> None:
    assert all((repo_root / package / "py.typed").is_file() for package in ("crosscam", "reid", "tracker"))


def test_built_in_models_need_neither_torch_nor_ultralytics(repo_root: Path) -> None:
    code = """
import sys
absent = ("torch", "torchvision", "timm", "ultralytics", "onnx", "onnxruntime", "optuna")
sys.modules.update(dict.fromkeys(absent))
import numpy as np
from tracker.running.build import build_embedder, build_encoder
from tracker.detection import build_detector
from tracker.running.configuration import load_config
config = load_config()
embedder = build_embedder(config.embedder)
assert embedder.embed([np.zeros((80, 40, 3), np.uint8)]).shape == (1, embedder.dimension)
assert build_encoder(config.embedder, embedder.name) is not None
build_detector(config.detector, ["a"])
print(embedder.name, embedder.device)
"""
    run = subprocess.run([sys.executable, "-c", code], cwd=repo_root, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert run.stdout.split()[1] == "cpu"
