"""The command on two small pictures: a first part, a second part, and wrong input."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import train_detector

from tracker.detection.network import NetworkOptions, PersonNetwork
from tracker.detector_training import trainer as trainer_module

SMALL = """
sources: [{path: data, held_out: 0.5}]
size: 64
final_size: 64
batch: 2
warmup_steps: 1
memory_long_side: 96
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A YOLO folder of eight pictures with one bright person each, and a configuration for a tiny training."""
    for name in ("images", "labels"):
        (tmp_path / "data" / name).mkdir(parents=True)
    for n in range(8):
        image = np.full((80, 96, 3), 20 + n, np.uint8)
        image[20:70, 30:55] = 220
        cv2.imwrite(str(tmp_path / "data" / "images" / f"{n}.jpg"), image)
        (tmp_path / "data" / "labels" / f"{n}.txt").write_text("0 0.443 0.5625 0.26 0.625\n", encoding="utf-8")
    (tmp_path / "small.yaml").write_text(SMALL, encoding="utf-8")
    return tmp_path


@pytest.fixture(autouse=True)
def small_network(monkeypatch: pytest.MonkeyPatch) -> None:
    small = NetworkOptions(widths=(8, 16, 32, 32), depths=(1, 1, 1, 1), neck=16, head=16)
    monkeypatch.setattr(trainer_module, "PersonNetwork", lambda options=None: PersonNetwork(options or small))


def run(data: Path, *more: object) -> int:
    arguments = ["--root", data, "--config", data / "small.yaml", "--out", data / "run", *more]
    return train_detector.main([str(a) for a in arguments])


def curve(data: Path) -> list[dict]:
    return [json.loads(line) for line in (data / "run" / "curve.jsonl").read_text(encoding="utf-8").splitlines()]


def test_a_training_can_be_stopped_and_resumed(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(data, "--steps", 2) == 0
    assert "8 images" not in capsys.readouterr().out  # some are held out
    assert (data / "run" / "last.pt").is_file()
    assert curve(data)[-1]["step"] == 2
    assert run(data, "--steps", 3, "--resume", "--data", data / "data") == 0
    assert curve(data)[-1]["step"] == 3
    assert 0 <= curve(data)[-1]["ap50"] <= 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--config", "gone.yaml"], "gone.yaml"),
        (["--data", "gone_folder"], "gone_folder"),
        (["--root", "elsewhere"], "elsewhere"),
        (["--steps", "0"], "steps"),
        (["--resume"], "last.pt"),
    ],
)
def test_wrong_input_is_one_line_and_exit_code_2(
    data: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert run(data, *arguments) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert message in error


def test_nothing_to_train_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train_detector.main(["--out", str(tmp_path)]) == 2
    assert "--data" in capsys.readouterr().err
