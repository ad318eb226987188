"""A detector over a small sequence: boxes meet the truth of their own frame."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

from crosscam.base.errors import InputError
from tracker.evaluation.detector import run_detector, sequence_video
from tracker.structures import Detections, Frame


class MovingBox:
    """Knows the truth of `sequence` and says it with certainty; blind in odd frames."""

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        left = [10.0 + 5 * frame.index for frame in frames]
        return [
            Detections(np.array([[x, 10, x + 20, 50]], np.float32), np.ones(1, np.float32))
            if frame.index % 2 == 0
            else Detections.empty()
            for x, frame in zip(left, frames, strict=True)
        ]


@pytest.fixture
def sequence(tmp_path: Path) -> Path:
    """Eight images and one person who moves by 5 pixels from image to image."""
    folder = tmp_path / "walk"
    (folder / "img1").mkdir(parents=True)
    (folder / "gt").mkdir()
    for number in range(1, 9):
        cv2.imwrite(str(folder / "img1" / f"{number:06d}.jpg"), np.full((64, 96, 3), 128, np.uint8))
    rows = [f"{n},1,{10 + 5 * (n - 1)},10,20,40,1,-1,-1,-1" for n in range(1, 9)]
    (folder / "gt" / "gt.txt").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder


def test_half_of_the_frames_give_half_of_the_recall(sequence: Path) -> None:
    run = run_detector(MovingBox(), sequence)
    scores = run.scores()
    assert (scores.images, scores.people) == (8, 8)
    assert scores.ap50 == pytest.approx(0.5)
    assert run.milliseconds >= 0


def test_every_second_frame_is_the_first_the_third_and_so_on(sequence: Path) -> None:
    scores = run_detector(MovingBox(), sequence, every=2).scores()
    assert (scores.images, scores.ap50) == (4, 1.0)


def test_frames_without_truth_count_their_boxes_as_wrong(sequence: Path) -> None:
    rows = (sequence / "gt" / "gt.txt").read_text(encoding="utf-8").splitlines()[:1]
    (sequence / "gt" / "gt.txt").write_text(rows[0] + "\n", encoding="utf-8")
    scores = run_detector(MovingBox(), sequence).scores()
    assert scores.people == 1
    assert scores.ap50 == pytest.approx(1.0)  # all boxes are equally sure; the first of them is the right one
    assert scores.recall_at["0.1"] == 1.0


def test_a_folder_without_frames_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="neither img1/ nor a video"):
        sequence_video(tmp_path)
