"""run.json and the closing table."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rich.console import Console

from tracker.output.documents.run_json import git_commit, peak_memory_mb, run_document, versions, write_run
from tracker.running.summary import print_summary, summary_line
from tracker.structures import TrackingResult


def test_the_document_is_complete_and_indented(tmp_path: Path, result: TrackingResult) -> None:
    document = run_document(
        {"tracker": {"name": "default"}},
        result.cameras,
        {"frames": 200},
        {"detect": 4.0, "draw": 0.0},
        8.0,
        {"detector": "CPU"},
        problems=["cam2 ends early"],
        repaired={"cam1": {"damaged_packets": 2}},
    )
    write_run(tmp_path / "run.json", document)
    text = (tmp_path / "run.json").read_text()
    read = json.loads(text)
    assert '\n  "counts"' in text
    assert read["config"] == {"tracker": {"name": "default"}}
    assert read["seconds"] == {"total": 8.0, "detect": 4.0, "draw": 0.0}
    assert read["frames_per_second"] == {"total": 25.0, "detect": 50.0, "draw": None}
    assert read["cameras"][0]["repaired"] == {"damaged_packets": 2}
    assert read["problems"] == ["cam2 ends early"]
    assert read["peak_memory_mb"] > 10
    assert read["versions"]["numpy"]


def test_versions_name_python_and_packages() -> None:
    found = versions()
    assert found["python"]
    assert found["torch"]
    commit = git_commit()
    assert commit is None or len(commit) >= 12


def test_peak_memory_is_plausible() -> None:
    peak = peak_memory_mb()
    assert peak is None or 10 < peak < 100_000


def printed(result: TrackingResult, problems: list[str] | None = None) -> str:
    console = Console(width=100, record=True, quiet=False, file=open("/dev/null", "w"))  # noqa: SIM115
    print_summary(result, 4.0, {"detect": 3.0, "draw": 0.01}, problems or [], console)
    text = console.export_text()
    console.file.close()
    return text


def test_the_table_counts_people_by_camera(result: TrackingResult) -> None:
    lines = printed(result, ["cam2: ends after 3 frames"]).splitlines()
    rows = {line.split()[0]: line.split()[1:] for line in lines if line.startswith("cam")}
    assert rows["cam1"] == ["2", "2", "20", "100", "0:04"]
    assert rows["cam2"] == ["1", "1", "10", "100", "0:04"]
    assert next(line for line in lines if line.startswith("all")).split()[2:] == ["2", "3", "30", "200"]
    assert "2 people in 2 cameras (1 in more than one), 4.0 s, 50 frames per second" in lines
    assert "warning: cam2: ends after 3 frames" in lines


@pytest.mark.parametrize("people", [0, 1])
def test_one_camera_and_nobody(result: TrackingResult, people: int) -> None:
    small = TrackingResult(result.cameras[:1], result.identities[1 : 1 + people])
    line = summary_line(small, 2.0, {})
    assert line.startswith(("0 people in 1 camera,", "1 person in 1 camera,"))
    assert printed(small)
