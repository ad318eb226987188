"""Frames of a video with the boxes on which two detectors agree."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import label_frames
import numpy as np
import pytest

from tracker.structures import Detections, Frame


class Says:
    """Finds the same boxes in every frame, given as shares of its size."""

    def __init__(self, *shares: tuple[float, float, float, float]) -> None:
        self._shares = np.array(shares, np.float32)

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        found = []
        for frame in frames:
            height, width = frame.image.shape[:2]
            boxes = self._shares * np.array([width, height, width, height], np.float32)
            found.append(Detections(boxes, np.full(len(boxes), 0.8, np.float32)))
        return found


@pytest.fixture
def video(tmp_path: Path, make_video: Callable[..., Path]) -> Path:
    """Two seconds, ten frames per second, 160 x 120 pixels."""
    random = np.random.default_rng(0)
    images = [random.integers(0, 255, (120, 160, 3)).astype(np.uint8) for _ in range(20)]
    (tmp_path / "place").mkdir()
    return make_video(tmp_path / "place" / "cam1.mp4", images)


def test_agreement_is_a_person_and_doubt_is_ignored(
    tmp_path: Path, video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    detectors = {"a.onnx": Says((0.1, 0.1, 0.3, 0.9), (0.6, 0.1, 0.8, 0.9)), "b.xml": Says((0.1, 0.12, 0.3, 0.9))}
    monkeypatch.setattr("tracker.detection.build_detector", lambda options, cameras: detectors[options.weights])
    out = tmp_path / "out"
    arguments = ["--videos", video, "--detectors", "a.onnx", "b.xml", "--out", out, "--every", "0.5"]
    assert label_frames.main([*map(str, arguments), "--long-side", "80"]) == 0
    content = json.loads((out / "annotations.json").read_text(encoding="utf-8"))
    assert [image["width"] for image in content["images"]] == [80] * 4
    assert cv2.imread(str(out / "images" / content["images"][0]["file_name"])).shape == (60, 80, 3)
    assert len({image["file_name"] for image in content["images"]}) == 4
    by_kind = {kind: [a for a in content["annotations"] if a["iscrowd"] == kind] for kind in (0, 1)}
    boxes = {tuple(a["bbox"]) for a in content["annotations"]}
    assert boxes == {(8.0, 6.0, 16.0, 48.0), (48.0, 6.0, 16.0, 48.0)}
    assert len(by_kind[0]) + len(by_kind[1]) == 8


def test_wrong_input_is_one_line_and_exit_code_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--videos", "gone.mp4", "--detectors", "gone.onnx", "gone.xml", "--out", str(tmp_path)]
    assert label_frames.main(arguments) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "gone" in error
