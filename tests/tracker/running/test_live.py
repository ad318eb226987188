"""Live mode on recorded videos: one pass, events, and the same files at the end."""

from __future__ import annotations

import json

import pytest

from crosscam.base.errors import InputError
from tracker.running.configuration import load_config
from tracker.running.live import track_live
from tracker.running.request import RunRequest


@pytest.fixture(scope="module")
def live(tmp_path_factory, make_scene):
    """Result and folder of a live run."""
    scene = make_scene(tmp_path_factory.mktemp("scene"))
    output = tmp_path_factory.mktemp("live")
    sections = {
        "detector": {"name": "mot_file", "files": [str(f) for f in scene.detections]},
        "embedder": {"weights": "descriptor"},
        "live": {"recluster_s": 1.0},
    }
    request = RunRequest([str(v) for v in scene.videos], output, quiet=True)
    return track_live(request, load_config(sections=sections)), output


def test_every_person_ends_with_one_number_in_both_cameras(live) -> None:
    result, _ = live
    people = [i for i in result.identities if sum(len(t) for t in i.tracklets) > 10]  # not fragments at the border
    assert len(people) == 3
    assert all({t.camera_id for t in i.tracklets} == {"cam1", "cam2"} for i in people)


def test_events_are_lines_in_order_of_time(live) -> None:
    _, output = live
    events = [json.loads(line) for line in (output / "events.jsonl").read_text().splitlines()]
    assert {e["kind"] for e in events} <= {"new", "found", "merged"}
    assert [e["time_s"] for e in events] == sorted(e["time_s"] for e in events)
    assert all("other" in e for e in events if e["kind"] == "merged")


def test_the_files_are_those_of_a_recorded_run(live) -> None:
    _, output = live
    names = {p.name for p in output.iterdir()}
    assert {"cam1.mp4", "cam1.txt", "cam2.mp4", "identities.json", "tracking.sqlite", "run.json", "people"} <= names


def test_a_gallery_is_refused_rather_than_ignored(tmp_path) -> None:
    with pytest.raises(InputError, match="live streams cannot use"):
        track_live(RunRequest(["rtsp://nowhere/x"], tmp_path / "out", gallery=tmp_path / "people.sqlite"))
    assert not (tmp_path / "out").exists()
