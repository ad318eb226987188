"""Checkpoints: round trip, and one clear line for everything that is not one."""

from __future__ import annotations

import dataclasses
import pickle
from pathlib import Path

import pytest
import torch

from crosscam.base.errors import CheckpointError
from reid.checkpoint import Checkpoint, load_checkpoint, part_layout, save_checkpoint
from reid.distance_scale import DistanceScale
from reid.embedder import load_embedder
from reid.models import build_model

OPTIONS = {"trunk_options": {"stem": 4, "widths": [4, 8], "depths": [1, 1], "strides": [2, 2]}, "parts": 2, "width": 4}


SCALE = DistanceScale(0.1, 0.05, 0.5)


@pytest.fixture
def checkpoint() -> Checkpoint:
    network = build_model("pyramid", OPTIONS, classes=3)
    size = int(network.dimension)  # type: ignore[arg-type]
    return Checkpoint(
        "pyramid", OPTIONS, network.state_dict(), (64, 32), size, parts=part_layout(network), distances=SCALE
    )


def test_round_trip(tmp_path: Path, checkpoint: Checkpoint) -> None:
    file = tmp_path / "model.pth"
    save_checkpoint(checkpoint, file)
    found = load_checkpoint(file)
    assert (found.model, found.options, found.input_size, found.dimension) == ("pyramid", OPTIONS, (64, 32), 12)
    assert found.parts == {"parts": 2, "windows": [[0, 1], [1, 2], [0, 2]], "width": 4, "shares": [1 / 3] * 3}
    assert found.distances == SCALE
    assert load_embedder(file).distances == SCALE
    assert not any("classifier" in key for key in found.state)
    images = torch.randn(2, 3, 64, 32)
    with torch.no_grad():
        torch.testing.assert_close(found.build()(images), checkpoint.build()(images), atol=2e-3, rtol=0)
    assert [path.name for path in tmp_path.iterdir()] == ["model.pth"]


def test_missing(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="not found"):
        load_checkpoint(tmp_path / "none.pth")


@pytest.mark.parametrize("content", [b"", b"no torch file", b"PK\x03\x04 truncated"])
def test_damaged(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "bad.pth"
    file.write_bytes(content)
    with pytest.raises(CheckpointError, match=r"'.*bad\.pth'"):
        load_checkpoint(file)


def test_truncated(tmp_path: Path, checkpoint: Checkpoint) -> None:
    file = tmp_path / "cut.pth"
    save_checkpoint(checkpoint, file)
    file.write_bytes(file.read_bytes()[:-2000])
    with pytest.raises(CheckpointError, match="damaged or not a torch file"):
        load_checkpoint(file)


class Payload:
    """Would leave a file behind if it were unpickled."""

    def __init__(self, marker: Path) -> None:
        self._marker = marker

    def __reduce__(self) -> tuple:
        return Path.touch, (self._marker,)


def test_pickled_code_is_refused_and_not_run(tmp_path: Path) -> None:
    marker = tmp_path / "was_run"
    torch.save({"state_dict": Payload(marker)}, tmp_path / "evil.pth")
    (tmp_path / "plain.pth").write_bytes(pickle.dumps(Payload(marker)))
    with pytest.raises(CheckpointError, match="contain pickled code"):
        load_checkpoint(tmp_path / "evil.pth")
    with pytest.raises(CheckpointError):
        load_checkpoint(tmp_path / "plain.pth")
    assert not marker.exists()


def test_other_state_dict_names_what_was_found(tmp_path: Path) -> None:
    torch.save({"layer.weight": torch.zeros(1)}, tmp_path / "other.pth")
    with pytest.raises(CheckpointError, match=r"neither .* nor an OSNet state dict; found: layer\.weight"):
        load_checkpoint(tmp_path / "other.pth")
    torch.save([1, 2], tmp_path / "list.pth")
    with pytest.raises(CheckpointError, match="hold a list"):
        load_checkpoint(tmp_path / "list.pth")


def test_weights_of_another_shape_say_which(tmp_path: Path, checkpoint: Checkpoint) -> None:
    wrong = dataclasses.replace(checkpoint, options={**OPTIONS, "width": 8})
    save_checkpoint(wrong, tmp_path / "wrong.pth")
    with pytest.raises(CheckpointError, match=r"wrong\.pth'.*head\.weight is \(3, 8, 4\), expected \(3, 8, 8\)"):
        load_checkpoint(tmp_path / "wrong.pth")
    save_checkpoint(dataclasses.replace(checkpoint, model="osnet", options={}), tmp_path / "name.pth")
    with pytest.raises(CheckpointError, match="missing conv1"):
        load_checkpoint(tmp_path / "name.pth")


def test_version_and_missing_entries(tmp_path: Path) -> None:
    torch.save({"format": "crosscam-reid", "version": 99}, tmp_path / "future.pth")
    with pytest.raises(CheckpointError, match="version 99, expected 1"):
        load_checkpoint(tmp_path / "future.pth")
    torch.save({"format": "crosscam-reid", "version": 1}, tmp_path / "empty.pth")
    with pytest.raises(CheckpointError, match="lack the entry 'model'"):
        load_checkpoint(tmp_path / "empty.pth")


def test_input_size_in_an_osnet_file_name(tmp_path: Path) -> None:
    network = build_model("osnet", {"width": 0.25}, classes=7)
    torch.save(network.state_dict(), tmp_path / "osnet_x0_25_mine_128x64.pth")
    found = load_checkpoint(tmp_path / "osnet_x0_25_mine_128x64.pth")
    assert found.input_size == (128, 64)
