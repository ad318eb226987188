"""Whole runs on a tiny data set: learning, logging, resuming bit for bit, and stopping on NaN."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from crosscam.base.errors import CheckpointError, TrainingError
from reid.checkpoint import load_checkpoint
from reid.embedder import load_embedder
from reid.training import validation
from reid.training.data import TrainingData, load_data
from reid.training.options import TrainOptions
from reid.training.trainer import Trainer

MakeOptions = Callable[..., TrainOptions]


def data_of(options: TrainOptions) -> TrainingData:
    return load_data(options.data, options.input_size[0])


def read_log(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "log.jsonl").read_text(encoding="utf-8").splitlines()]


def weights_of(folder: Path) -> dict[str, torch.Tensor]:
    return torch.load(folder / "state.pt", weights_only=True)["cohort"]


def test_held_out_people_are_not_trained_on(make_options: MakeOptions) -> None:
    data = data_of(make_options())
    assert (data.classes, len(data.labels), len(data.held_out_people)) == (5, 30, 3)
    assert set(data.held_out[0].person_ids.tolist()) == set(data.held_out_people)


def test_a_run_learns_and_leaves_a_usable_checkpoint(make_options: MakeOptions, tmp_path: Path) -> None:
    options = make_options(steps=60, ema_decay=0.9, optimiser={"learning_rate": 0.01})
    scores = Trainer(options, data_of(options), tmp_path).run()
    log = read_log(tmp_path)
    assert log[0]["loss"] > log[59]["loss"]
    assert scores["market1501_rank1"] > 60.0
    checkpoint = load_checkpoint(tmp_path / "best.pth")
    assert checkpoint.training["held_out_people"] == data_of(options).held_out_people
    assert load_embedder(tmp_path / "best.pth", "cpu", "torch").dimension == checkpoint.dimension == 24


@pytest.mark.parametrize(
    "sections",
    [
        {},
        {
            "dynamic": {"mode": "switch"},
            "model": {"name": "pyramid", "options": {"parts": 2, "width": 8, "neck": "paper"}},
        },
        {"mutual": {"models": 2}, "workers": 2, "precision": "bfloat16"},
    ],
    ids=["plain", "dynamic, dropout", "mutual, threads"],
)
def test_resumed_run_equals_an_uninterrupted_one(
    make_options: MakeOptions, tmp_path: Path, sections: dict[str, Any]
) -> None:
    options = make_options(steps=8, **sections)
    data = data_of(options)
    Trainer(options, data, tmp_path / "whole").run()

    calls = iter(range(100))
    Trainer(options, data, tmp_path / "parts", stop=lambda: next(calls) >= 3).run()
    torch.manual_seed(999)
    rest = Trainer(options, data, tmp_path / "parts")
    rest.resume()
    rest.run()
    expected, found = weights_of(tmp_path / "whole"), weights_of(tmp_path / "parts")
    assert all(torch.equal(expected[key], found[key]) for key in expected)


def test_training_starts_from_a_checkpoint(make_options: MakeOptions, tmp_path: Path) -> None:
    """With a rate of almost nothing, the fine-tuned weights are those of the checkpoint, stored in float16."""
    options = make_options(steps=4)
    data = data_of(options)
    Trainer(options, data, tmp_path / "first").run()
    model = {**options.model.model_dump(), "initial": str(tmp_path / "first" / "last.pth")}
    slow = make_options(steps=1, model=model, optimiser={"learning_rate": 1e-12}, ema_decay=0)
    Trainer(slow, data, tmp_path / "second").run()
    before, after = (load_checkpoint(tmp_path / name / "last.pth") for name in ("first", "second"))
    moving = ("running_mean", "running_var", "num_batches_tracked")
    assert all(torch.equal(v, after.state[k]) for k, v in before.state.items() if not k.endswith(moving))
    assert after.distances is not None
    assert 0 <= after.distances.same < 1


def test_saving_embeds_nobody(make_options: MakeOptions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Held-out people are embedded by validations alone, and what these measured is stored and resumed."""
    options = make_options(steps=2)
    data = data_of(options)
    Trainer(options, data, tmp_path).run()
    rest = Trainer(options, data, tmp_path)
    rest.resume()
    monkeypatch.setattr(validation, "embed_images", None)
    rest.save()
    saved = load_checkpoint(tmp_path / "last.pth").distances
    assert saved == load_checkpoint(tmp_path / "best.pth").distances is not None


def test_a_checkpoint_of_another_shape_is_no_start(make_options: MakeOptions, tmp_path: Path) -> None:
    options = make_options(steps=1)
    data = data_of(options)
    Trainer(options, data, tmp_path / "first").run()
    model = {**options.model.model_dump(), "initial": str(tmp_path / "first" / "last.pth")}
    model["options"] = {**model["options"], "width": 4}
    with pytest.raises(CheckpointError, match=r"last\.pth: .* is \("):
        Trainer(make_options(steps=1, model=model), data, tmp_path / "second")


def test_resuming_with_other_options_is_refused(make_options: MakeOptions, tmp_path: Path) -> None:
    options = make_options(steps=1)
    data = data_of(options)
    with pytest.raises(CheckpointError, match="not found"):
        Trainer(options, data, tmp_path).resume()
    Trainer(options, data, tmp_path).run()
    other = make_options(steps=1, optimiser={"learning_rate": 0.5})
    with pytest.raises(CheckpointError, match="other options: optimiser differ"):
        Trainer(other, data, tmp_path).resume()
    (tmp_path / "state.pt").write_bytes(b"interrupted")
    with pytest.raises(CheckpointError, match="not a torch file"):
        Trainer(options, data, tmp_path).resume()


def test_nan_stops_with_step_and_losses(make_options: MakeOptions, tmp_path: Path) -> None:
    options = make_options(steps=50, optimiser={"name": "sgd", "learning_rate": 1e30, "clip_norm": 1e30})
    with pytest.raises(TrainingError, match=r"not finite at step \d+ \(.*cross_entropy/logits.*lower"):
        Trainer(options, data_of(options), tmp_path).run()


def test_dynamic_training_is_logged_and_switches_samplers(make_options: MakeOptions, tmp_path: Path) -> None:
    options = make_options(steps=12, dynamic={"mode": "switch", "delta": 1e9})
    trainer = Trainer(options, data_of(options), tmp_path)
    trainer.run()
    log = [line for line in read_log(tmp_path) if "loss" in line]
    assert {"k_id", "p_metric", "fl_id", "identity_only_fraction"} <= set(log[0])
    assert log[-1]["identity_only_fraction"] > 0.0


def test_without_held_out_people_everything_is_trained_on(
    make_options: MakeOptions, small_market: Path, tmp_path: Path
) -> None:
    sets = {"sets": [{"name": "market1501", "root": str(small_market)}], "held_out": 0}
    options = make_options(steps=1, data=sets)
    data = data_of(options)
    assert (data.classes, len(data.labels)) == (8, 48)
    assert Trainer(options, data, tmp_path).run() == {}
    assert (tmp_path / "best.pth").is_file()


def test_float16_on_a_cpu_and_paper_schedule(make_options: MakeOptions, tmp_path: Path) -> None:
    schedule = {"steps": 4, "decay": "steps", "warmup": 0.0}
    options = make_options(schedule=schedule, optimiser={"name": "sgd", "learning_rate": 0.1, "trunk_factor": 0.1})
    Trainer(options, data_of(options), tmp_path).run()
