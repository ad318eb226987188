"""The loop: it learns two images by heart, resumes to the same weights, and refuses foreign checkpoints."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from crosscam.base.errors import WeightsError
from tracker.detection.network import NetworkOptions, PersonNetwork
from tracker.detector_training import trainer as trainer_module
from tracker.detector_training.export import export_network
from tracker.detector_training.options import TrainingOptions
from tracker.detector_training.packed_images import Sample
from tracker.detector_training.trainer import Trainer, load_average
from tracker.detector_training.validation import validate

SMALL = NetworkOptions(widths=(8, 16, 32, 32), depths=(1, 1, 1, 1), neck=16, head=16)
OTHER = NetworkOptions(widths=(8, 8, 16, 16), depths=(1, 1, 1, 1), neck=8, head=8)
NONE = np.zeros((0, 4), np.float32)


@pytest.fixture(autouse=True)
def small_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """The trainer's network, small enough for a test."""
    monkeypatch.setattr(trainer_module, "PersonNetwork", lambda options=None: PersonNetwork(options or SMALL))


def scene(seed: int) -> Sample:
    """Grey noise with two bright people, 96 x 96."""
    rng = np.random.default_rng(seed)
    image = rng.integers(90, 120, (96, 96, 3)).astype(np.uint8)
    people = []
    for left in (8, 56):
        top, height = int(rng.integers(4, 30)), int(rng.integers(40, 60))
        image[top : top + height, left : left + 24] = (30, 60, 230)
        image[top : top + height // 4, left + 8 : left + 16] = (200, 220, 240)
        people.append([left, top, left + 24, top + height])
    return Sample(image, np.array(people, np.float32), NONE)


def options(**changes: object) -> TrainingOptions:
    values = {"size": 96, "final_size": 96, "final_share": 0.0, "mosaic_share": 0.0, "batch": 4, "warmup_steps": 5}
    return TrainingOptions.model_validate({**values, "average_decay": 0.9, "learning_rate": 4e-3, **changes})


def test_learns_two_images_by_heart(tmp_path: Path) -> None:
    samples = [scene(0), scene(1)]
    trainer = Trainer(options(steps=120), samples, samples, None, tmp_path, workers=0)
    before = validate(trainer.average, samples, 96).ap50
    trainer.run()
    assert before < 0.2
    assert validate(trainer.average, samples, 96).ap50 > 0.8
    curve = [json.loads(line) for line in (tmp_path / "curve.jsonl").read_text(encoding="utf-8").splitlines()]
    assert curve[-1]["ap50"] > 0.8
    assert curve[0]["step"] == 50


def test_a_resumed_training_gives_the_same_weights(tmp_path: Path) -> None:
    samples = [scene(2), scene(3)]
    whole = Trainer(options(steps=8), samples, [], None, tmp_path / "whole", workers=0)
    whole.run()
    Trainer(options(steps=8), samples, [], None, tmp_path / "parts", workers=0).run(max_steps=3)
    second = Trainer(options(steps=8), samples, [], None, tmp_path / "parts", workers=0)
    second.resume()
    assert second.step == 3
    second.run()
    for name, value in whole.average.state_dict().items():
        torch.testing.assert_close(second.average.state_dict()[name], value, msg=name)


def test_the_initial_file_is_needed_at_the_start_alone(tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    finished = PersonNetwork(OTHER).eval()
    for parameter in finished.parameters():  # the exporter writes equal weights once
        torch.nn.init.uniform_(parameter, 0.1, 0.2)
    export_network(finished, tmp_path / "first.onnx", {})
    first = Trainer(options(steps=4, initial=str(tmp_path / "first.onnx")), [scene(0)], [], None, tmp_path, workers=0)
    first.run(max_steps=1)
    assert first.network.options == OTHER
    (tmp_path / "first.onnx").unlink()
    rest = Trainer(options(steps=4, initial=str(tmp_path / "first.onnx")), [scene(0)], [], None, tmp_path, workers=0)
    rest.resume()
    rest.run()
    assert (rest.step, rest.network.options) == (4, OTHER)
    with pytest.raises(WeightsError, match=r"first\.onnx"):
        Trainer(options(initial=str(tmp_path / "first.onnx")), [scene(0)], [], None, tmp_path, workers=0).run()


def test_the_average_is_what_is_loaded(tmp_path: Path) -> None:
    trainer = Trainer(options(steps=2), [scene(0)], [], None, tmp_path, workers=0)
    trainer.run()
    loaded = load_average(tmp_path / "last.pt")
    assert loaded.options == SMALL
    for name, value in loaded.state_dict().items():
        torch.testing.assert_close(value, trainer.average.state_dict()[name])


def test_nothing_to_resume_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"last\.pt"):
        Trainer(options(), [scene(0)], [], None, tmp_path, workers=0).resume()


def test_foreign_checkpoints_are_refused(tmp_path: Path) -> None:
    torch.save({"weights": torch.zeros(1)}, tmp_path / "other.pt")
    with pytest.raises(WeightsError, match=r"other\.pt"):
        load_average(tmp_path / "other.pt")
