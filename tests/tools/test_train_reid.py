"""The training tools end to end on a few tiny images, and their one-line errors."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml

CONFIG = {
    "data": {"sets": [{"name": "tracklets", "root": "ROOT"}], "held_out": 2},
    "model": {
        "name": "pyramid",
        "options": {
            "trunk_options": {"stem": 4, "widths": [8, 8], "depths": [1, 1], "strides": [2, 2]},
            "parts": 2,
            "width": 8,
        },
    },
    "input_size": [32, 16],
    "losses": [{"name": "cross_entropy", "input": "logits"}, {"name": "batch_hard", "input": "embedding"}],
    "batches": {"batch_size": 8, "per_identity": 2},
    "schedule": {"steps": 3},
    "precision": "float32",
    "device": "cpu",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Tracklets of 6 people in 2 cameras, 4 frames each, and a configuration."""
    random = np.random.default_rng(0)
    for person in range(6):
        colour = random.integers(0, 256, 3)
        for camera in (1, 2):
            place = tmp_path / "data" / f"{person:04d}C{camera}T0001"
            place.mkdir(parents=True)
            for frame in range(4):
                image = (colour + random.integers(-20, 21, (32, 16, 3))).clip(0, 255).astype(np.uint8)
                cv2.imwrite(str(place / f"{frame:02d}.png"), image)
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(CONFIG), encoding="utf-8")
    return tmp_path


def arguments(folder: Path, *more: str) -> list[str]:
    places = ["--config", str(folder / "config.yaml"), "--output", str(folder / "run")]
    return [*places, "--set", f"data.sets.0.root={folder / 'data'}", *more]


def test_train_resume_and_encoder(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import train_reid
    import train_tracklet_encoder

    assert train_reid.main(arguments(folder, "--json", str(folder / "scores.json"))) == 0
    assert "tracklets_mAP" in json.loads((folder / "scores.json").read_text(encoding="utf-8"))
    assert train_reid.main(arguments(folder)) == 2
    assert "holds a run; give --resume" in capsys.readouterr().err
    assert train_reid.main(arguments(folder, "--resume", "--set", "schedule.steps=5")) == 0

    common = ["--data", str(folder / "data"), "--output", str(folder / "encoder.npz"), "--steps", "2"]
    assert train_tracklet_encoder.main([*common, "--weights", str(folder / "run" / "best.pth")]) == 0
    from reid.inference.tracklet_encoder import load_encoder

    assert load_encoder(folder / "encoder.npz").embedder.startswith("pyramid-")


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--set", "schedule.stesp=3"], "unknown key 'schedule.stesp'"),
        (["--set", "data.sets.0.name=marrs"], "unknown data set 'marrs'"),
        (["--set", "data.sets.0.root=/nowhere"], "'/nowhere' not found"),
        (["--set", "losses.0.name=cross"], "unknown image loss 'cross'"),
        (["--set", "model.name=piramid"], "unknown model 'piramid'"),
        (["--set", "data.held_out=40"], "cannot hold out 40 identities"),
        (["--resume"], "not found"),
    ],
)
def test_wrong_input_is_one_line(
    folder: Path, capsys: pytest.CaptureFixture[str], more: list[str], message: str
) -> None:
    import train_reid

    assert train_reid.main(arguments(folder, *more)) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
