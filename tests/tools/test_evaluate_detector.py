"""The command on stored detections of a small sequence."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import evaluate_detector
import numpy as np
import pytest


@pytest.fixture
def sequence(tmp_path: Path) -> Path:
    """Four images, one large person and one of 20 pixels; the large one is detected in every image."""
    folder = tmp_path / "walk"
    (folder / "img1").mkdir(parents=True)
    (folder / "gt").mkdir()
    for n in range(1, 5):
        cv2.imwrite(str(folder / "img1" / f"{n:06d}.jpg"), np.full((64, 96, 3), 128, np.uint8))
    truth = [f"{n},{p},{box},1,-1,-1,-1" for n in range(1, 5) for p, box in ((1, "10,10,20,40"), (2, "60,10,10,20"))]
    (folder / "gt" / "gt.txt").write_text("\n".join(truth) + "\n", encoding="utf-8")
    found = [f"{n},-1,10,10,20,40,0.9,-1,-1,-1" for n in range(1, 5)]
    (folder / "det.txt").write_text("\n".join(found) + "\n", encoding="utf-8")
    return folder


def run(sequence: Path, *more: object) -> int:
    return evaluate_detector.main(
        ["--sequences", str(sequence), "--detections", str(sequence / "det.txt"), *map(str, more)]
    )


def test_figures_are_printed_and_written(sequence: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(sequence, "--json", sequence / "s.json") == 0
    assert "walk" in capsys.readouterr().out
    figures = json.loads((sequence / "s.json").read_text(encoding="utf-8"))
    assert figures["sequences"]["walk"]["people"] == 8
    assert figures["mean"] == {"ap50": 0.5, "ap50_95": 0.5}


def test_small_people_can_be_left_out(sequence: Path) -> None:
    assert run(sequence, "--min-height", 30, "--every", 2, "--json", sequence / "s.json") == 0
    figures = json.loads((sequence / "s.json").read_text(encoding="utf-8"))["sequences"]["walk"]
    assert (figures["people"], figures["images"], figures["ap50"]) == (2, 2, 1.0)


def test_values_of_the_command_line_win(sequence: Path) -> None:
    assert run(sequence, "--set", "detector.min_score=0.95", "--json", sequence / "s.json") == 0
    assert json.loads((sequence / "s.json").read_text(encoding="utf-8"))["mean"]["ap50"] == 0.0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--detector", "no.onnx"], "no.onnx"),
        (["--detector", "nonsense"], "available"),
        (["--set", "detector.size=3"], "unknown key"),
    ],
)
def test_wrong_input_is_one_line_and_exit_code_2(
    sequence: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert evaluate_detector.main(["--sequences", str(sequence), *arguments]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert message in error


def test_sequences_of_one_name_are_refused(sequence: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate_detector.main(["--sequences", str(sequence), str(sequence)]) == 2
    assert "one name" in capsys.readouterr().err
