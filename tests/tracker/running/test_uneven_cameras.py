"""Whole runs with cameras that start late, die, break or run at rates of their own: numbers and times stay right."""

from __future__ import annotations

import json
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from tracker.formats.mot import read_mot
from tracker.running.configuration import load_config
from tracker.running.recorded import track_videos
from tracker.running.request import RunRequest
from tracker.structures import Identity

PERIOD_S = 0.1


@pytest.fixture(scope="module")
def scene(tmp_path_factory, make_scene):
    return make_scene(tmp_path_factory.mktemp("scene"))


def images_of(video: Path) -> list[np.ndarray]:
    with av.open(str(video)) as container:
        return [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]


def later_detections(source: Path, target: Path, frames: int) -> Path:
    """The detections of a video without its first frames."""
    rows = np.loadtxt(source, delimiter=",")
    rows[:, 0] -= frames
    np.savetxt(target, rows[rows[:, 0] >= 1], delimiter=",")
    return target


def run(videos: Sequence[Path], detections: Sequence[Path], output: Path, cameras: Path | None = None):
    """Track with stored detections and the hand-made descriptor -> identities, `identities.json`, `run.json`."""
    config = load_config(
        sections={
            "detector": {"name": "mot_file", "files": [str(f) for f in detections]},
            "embedder": {"weights": "descriptor"},
        }
    )
    result = track_videos(RunRequest([str(v) for v in videos], output, cameras, quiet=True), config)
    documents = [json.loads((output / name).read_text()) for name in ("identities.json", "run.json")]
    return result.identities, *documents


def people_of(identity: Identity) -> set[int]:
    """The people whom an identity shows; each walks in a lane of 65 pixels of its own."""
    return {round((y - 20) / 65) + 1 for t in identity.tracklets for y in t.boxes[:, 1].tolist()}


def assert_one_number_per_person(identities: Sequence[Identity], cameras: set[str]) -> None:
    assert sorted(map(tuple, map(people_of, identities))) == [(1,), (2,), (3,)]
    assert all({t.camera_id for t in identity.tracklets} == cameras for identity in identities)


def played_frames(video: Path) -> int:
    with av.open(str(video)) as container:
        return sum(1 for _ in container.decode(video=0))


def test_a_camera_that_starts_late_is_on_the_shared_clock(scene, tmp_path, make_video) -> None:
    late = make_video(tmp_path / "cam2.mp4", images_of(scene.videos[1])[20:])
    boxes = later_detections(scene.detections[1], tmp_path / "cam2.txt", 20)
    cameras = tmp_path / "cameras.yaml"
    cameras.write_text("cameras: {cam2: {time_offset_s: 2}}\n")
    videos, detections = [scene.videos[0], late], [scene.detections[0], boxes]
    identities, document, _ = run(videos, detections, tmp_path / "out", cameras)
    assert_one_number_per_person(identities, {"cam1", "cam2"})
    first = {"cam1": 0, "cam2": 20}
    for tracklet in (t for i in document["identities"] for t in i["tracklets"]):
        shift = first[tracklet["camera"]]
        assert tracklet["start_s"] == pytest.approx((tracklet["first_frame"] + shift) * PERIOD_S, abs=1e-3)
        assert tracklet["end_s"] == pytest.approx((tracklet["last_frame"] + shift) * PERIOD_S, abs=1e-3)
    assert played_frames(tmp_path / "out" / "cam2.mp4") == 50


def test_a_camera_that_dies_leaves_the_others_as_they_were(scene, tmp_path, make_video) -> None:
    short = make_video(tmp_path / "cam2.mp4", images_of(scene.videos[1])[:35])
    alone, _, _ = run(scene.videos[:1], scene.detections[:1], tmp_path / "alone")
    identities, document, report = run([scene.videos[0], short], scene.detections, tmp_path / "out")
    assert sorted(map(tuple, map(people_of, identities))) == [(1,), (2,), (3,)]
    assert [c["frames"] for c in document["cameras"]] == [70, 35]
    assert report["problems"] == []
    boxes = [sum(len(t) for i in found for t in i.tracklets if t.camera_id == "cam1") for found in (identities, alone)]
    assert boxes[0] == boxes[1]


def test_a_camera_that_breaks_is_told_and_the_others_go_on(scene, tmp_path, make_video) -> None:
    broken = make_video(tmp_path / "cam2.mkv", images_of(scene.videos[1]))
    whole = broken.read_bytes()
    broken.write_bytes(whole[: len(whole) // 2])
    identities, document, report = run([scene.videos[0], broken], scene.detections, tmp_path / "out")
    assert sorted(map(tuple, map(people_of, identities))) == [(1,), (2,), (3,)]
    frames = {c["name"]: c["frames"] for c in document["cameras"]}
    assert frames["cam1"] == 70
    assert 20 < frames["cam2"] < 50
    (problem,) = report["problems"]
    assert "cam2.mkv" in problem
    assert "truncated" in problem
    assert read_mot(tmp_path / "out" / "cam1.txt").frames.max() > frames["cam2"]
    assert played_frames(tmp_path / "out" / "cam2.mp4") == frames["cam2"]


def test_cameras_of_four_rates_give_one_number_per_person(tmp_path, make_scene) -> None:
    rates = [7, Fraction(25, 2), 25, 30]
    scene = make_scene(tmp_path, rates=rates)
    identities, document, _ = run(scene.videos, scene.detections, tmp_path / "out")
    assert_one_number_per_person(identities, {"cam1", "cam2", "cam3", "cam4"})
    assert [c["fps"] for c in document["cameras"]] == pytest.approx([float(rate) for rate in rates], abs=0.01)
    fps = {f"cam{i}": float(rate) for i, rate in enumerate(rates, 1)}
    for tracklet in (t for i in document["identities"] for t in i["tracklets"]):
        rate = fps[tracklet["camera"]]
        assert tracklet["start_s"] == pytest.approx(tracklet["first_frame"] / rate, abs=1e-3)
        assert tracklet["end_s"] == pytest.approx(tracklet["last_frame"] / rate, abs=1e-3)
