"""The command: files in, table, JSON, CSV and pictures out."""

from __future__ import annotations

import csv
import json

import cv2
import evaluate_tracking
import numpy as np
import pytest


@pytest.fixture
def folders(tmp_path):
    """Two cameras, two people; camera b calls both of them person 1."""
    for folder in ("gt", "results"):
        (tmp_path / folder).mkdir()
    for camera in ("a", "b"):
        boxes = [(t, p, f"{20 + 60 * p},20,30,60") for t in range(1, 21) for p in (1, 2)]
        truth = "".join(f"{t},{p},{box},1,1,1\n" for t, p, box in boxes)
        found = [(t, p if camera == "a" else 1, box) for t, p, box in boxes if camera == "a" or t % 2 == p % 2]
        results = "".join(f"{t},{identity},{box},0.9,-1,-1,-1\n" for t, identity, box in found)
        (tmp_path / "gt" / f"{camera}.txt").write_text(truth, encoding="utf-8")
        (tmp_path / "results" / f"{camera}.txt").write_text(results, encoding="utf-8")
    return tmp_path


def run(folders, *more):
    return evaluate_tracking.main(
        ["--ground-truth", str(folders / "gt"), "--results", str(folders / "results"), *map(str, more)]
    )


def test_everything_is_written(folders, capsys):
    video = cv2.VideoWriter(str(folders / "a.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 10, (320, 240))
    for _ in range(20):
        video.write(np.full((240, 320, 3), 90, np.uint8))
    video.release()
    outputs = ["--json", folders / "s.json", "--csv", folders / "s.csv", "--plots", folders / "plots"]
    assert run(folders, *outputs, "--videos", folders / "a.avi") == 0
    assert "multi_camera" in capsys.readouterr().out
    scores = json.loads((folders / "s.json").read_text(encoding="utf-8"))
    assert set(scores) == {"cameras", "combined", "multi_camera"}
    assert set(scores["cameras"]) == {"a", "b"}
    wanted = {"HOTA", "DetA", "AssA", "MOTA", "IDF1", "IDP", "IDR", "id_switches"}
    assert wanted <= scores["cameras"]["a"].keys()
    assert scores["cameras"]["a"]["IDF1"] == 100
    assert scores["multi_camera"]["wrong_merges"] == 1
    with (folders / "s.csv").open(encoding="utf-8") as file:
        rows = {row["sequence"]: row for row in csv.DictReader(file)}
    assert list(rows) == ["a", "b", "combined", "multi_camera"]
    assert float(rows["a"]["HOTA"]) == scores["cameras"]["a"]["HOTA"]
    for name in ("hota.png", "identities.png", "confusions.jpg"):
        assert min(cv2.imread(str(folders / "plots" / name)).shape[:2]) > 60


def test_wrong_input_is_one_line_and_exit_code_2(folders, capsys):
    (folders / "results" / "b.txt").unlink()
    assert run(folders) == 2
    message = capsys.readouterr().err
    assert message.count("\n") == 1
    assert "no results for 'b'" in message


def test_rows_after_the_ground_truth_are_told(folders, capsys):
    with (folders / "results" / "a.txt").open("a", encoding="utf-8") as file:
        file.write("40,1,20,20,30,60,1\n")
    assert run(folders) == 0
    assert "1 result rows after the last frame" in capsys.readouterr().err
