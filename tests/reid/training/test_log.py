"""What a training writes down: appended lines, and curves where TensorBoard is there."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from crosscam.base.extras import MissingPackageError
from reid.training.log import LOG, TrainingLog


def test_a_resumed_training_goes_on_in_the_same_file(tmp_path: Path) -> None:
    TrainingLog(tmp_path).write({"step": 1, "seconds": 0.5, "loss": 3.0})
    TrainingLog(tmp_path).write({"step": 2, "seconds": 1.0, "loss": 2.5})
    steps = [json.loads(line)["step"] for line in (tmp_path / LOG).read_text(encoding="utf-8").splitlines()]
    assert steps == [1, 2]


def test_without_tensorboard_the_command_that_installs_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    with pytest.raises(MissingPackageError, match=r"pip install 'crosscam\[train\]'"):
        TrainingLog(tmp_path, tensorboard=True)


def test_curves_hold_the_scalars_of_each_step(tmp_path: Path) -> None:
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    log = TrainingLog(tmp_path, tensorboard=True)
    log.write({"step": 10, "seconds": 1.0, "loss": 3.0})
    log.write({"step": 20, "seconds": 2.0, "loss": 2.0})
    events = accumulator.EventAccumulator(str(tmp_path))
    events.Reload()
    assert events.Tags()["scalars"] == ["loss"]
    assert [(e.step, e.value) for e in events.Scalars("loss")] == [(10, 3.0), (20, 2.0)]
