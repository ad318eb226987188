"""The search: ranges are checked, a study resumes, a diverged trial does not end it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from crosscam.base.errors import InputError
from reid.training.options import TrainOptions
from reid.training.search import Range, read_space


@pytest.mark.parametrize(
    ("kind", "values", "message"),
    [
        ("uniform", (0, 1), "unknown kind 'uniform'"),
        ("log", (0.0, 1.0), "must be positive"),
        ("linear", (2, 1), "two ascending numbers"),
        ("linear", ("a", "b"), "two ascending numbers"),
        ("choice", (), "needs values"),
    ],
)
def test_wrong_ranges(kind: str, values: tuple, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Range("losses.0.weight", kind, values)


def test_weight_decay_is_searched_on_a_log_range_below_a_tenth() -> None:
    Range("optimiser.weight_decay", "log", (1e-5, 1e-2))
    for kind, values in (("linear", (1e-6, 1e-2)), ("log", (1e-6, 1.0))):
        with pytest.raises(InputError, match="must be 'log'"):
            Range("optimiser.weight_decay", kind, values)


def test_space_file(tmp_path: Path) -> None:
    file = tmp_path / "space.yaml"
    file.write_text("optimiser.learning_rate: {log: [0.001, 0.1]}\ndynamic.mode: {choice: ['off', switch]}\n")
    assert [entry.kind for entry in read_space(file)] == ["log", "choice"]
    for text in ("- 1", "key: 3", "key: {log: 3}"):
        file.write_text(text)
        with pytest.raises(InputError):
            read_space(file)


@pytest.mark.slow
def test_search_finds_resumes_and_survives_a_diverged_trial(
    make_options: Callable[..., TrainOptions], tmp_path: Path
) -> None:
    pytest.importorskip("optuna")
    import tune_reid

    options = make_options(steps=3).model_dump(mode="json")
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(options), encoding="utf-8")
    (tmp_path / "space.yaml").write_text("optimiser.learning_rate: {choice: [0.01, 1.0e+30]}\n", encoding="utf-8")
    common = ["--config", str(tmp_path / "config.yaml"), "--space", str(tmp_path / "space.yaml")]
    common += ["--set", "optimiser.clip_norm=1e30", "--set", "optimiser.name=sgd"]
    common += ["--output", str(tmp_path / "out"), "--json", str(tmp_path / "out.json")]
    for trials in (2, 4):
        assert tune_reid.main([*common, "--trials", str(trials)]) == 0
        found = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))["trials"]
        assert len(found) == trials
    values = {trial["params"]["optimiser.learning_rate"]: trial["value"] for trial in found}
    assert values.get(1e30, 0.0) <= values.get(0.01, 100.0)
