"""The mean of weights: worked by hand, and what does not fit."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from crosscam.base.errors import CheckpointError
from reid.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from reid.distance_scale import DistanceScale
from reid.embedder import SHIPPED
from reid.training.averaging import average_checkpoints


def checkpoint(value: float, held_out: list[int], size: tuple[int, int] = (128, 64), model: str = "m") -> Checkpoint:
    state = {"kernel": torch.full((2, 2), value, dtype=torch.float16), "seen": torch.tensor(int(value))}
    distances = DistanceScale(value, 0.1, 1.0)
    return Checkpoint(model, {}, state, size, 4, distances=distances, training={"held_out_people": held_out})


def test_the_mean_worked_by_hand() -> None:
    found = average_checkpoints([checkpoint(1, [3, 5, 7]), checkpoint(5, [5, 3], (160, 80))], [1, 3])
    assert torch.equal(found.state["kernel"], torch.full((2, 2), 4.0))
    assert found.state["seen"] == 5
    assert found.input_size == (160, 80)
    assert found.training["held_out_people"] == [3, 5]
    assert [part["share"] for part in found.training["mean_of"]] == [0.25, 0.75]
    assert found.distances == pytest.approx((4.0, 0.1, 1.0))


def test_a_model_averaged_with_itself_is_that_model(tmp_path: Path) -> None:
    shipped = load_checkpoint(SHIPPED)
    save_checkpoint(average_checkpoints([shipped, shipped]), tmp_path / "mean.pth")
    again = load_checkpoint(tmp_path / "mean.pth")
    assert again.state.keys() == shipped.state.keys()
    assert all(torch.equal(again.state[key], value) for key, value in shipped.state.items())


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(CheckpointError, match=r"networks differ: n .* and m "):
        average_checkpoints([checkpoint(1, [], model="n"), checkpoint(1, [])])
    for shares in ([1.0], [1.0, -1.0], [0.0, 0.0]):
        with pytest.raises(CheckpointError, match="a share of 0 or more for each of 2 checkpoints"):
            average_checkpoints([checkpoint(1, []), checkpoint(1, [])], shares)
