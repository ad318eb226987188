"""The whole run on small real videos: stored detections and the hand-made descriptor, no network's weights."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from crosscam.base.errors import InputError
from tracker.cross_camera.gallery.gallery_file import recall_identities
from tracker.formats.mot import read_mot
from tracker.output.store.reader import StoreReader
from tracker.running.configuration import load_config
from tracker.running.recorded import track_videos
from tracker.running.request import RunRequest
from tracker.structures import TrackingResult


@pytest.fixture(scope="module")
def scene(tmp_path_factory, make_scene):
    return make_scene(tmp_path_factory.mktemp("scene"))


@pytest.fixture(scope="module")
def run(scene, tmp_path_factory) -> tuple[TrackingResult, Path]:
    """A finished run: result and output folder."""
    output = tmp_path_factory.mktemp("output")
    request = RunRequest([str(v) for v in scene.videos], output, quiet=True)
    return track_videos(request, stored_detections(scene.detections)), output


def stored_detections(files: list[Path], **sections: object):
    detector = {"name": "mot_file", "files": [str(f) for f in files]}
    return load_config(sections={"detector": detector, "embedder": {"weights": "descriptor"}, **sections})


def person_of(truth: np.ndarray, tracklet) -> int:
    """The person whose true boxes a tracklet follows."""
    people = []
    for index, box in zip(tracklet.frame_indices, tracklet.boxes, strict=True):
        rows = truth[truth[:, 0] == index + 1]
        distance = np.abs(rows[:, 2:4] - box[:2]).sum(axis=1)
        people.append(rows[np.argmin(distance), 1])
    values, counts = np.unique(people, return_counts=True)
    return int(values[np.argmax(counts)])


def test_every_person_has_one_identity_in_both_cameras(run, scene) -> None:
    result, _ = run
    people = {i.identity_id: {person_of(scene.truth[t.camera_id], t) for t in i.tracklets} for i in result.identities}
    assert sorted(next(iter(p)) for p in people.values()) == [1, 2, 3]
    assert all(len(p) == 1 for p in people.values())
    assert all({t.camera_id for t in i.tracklets} == {"cam1", "cam2"} for i in result.identities)


def test_every_file_of_the_contract_is_written(run) -> None:
    _, output = run
    expected = [
        "cam1.mp4",
        "cam1.txt",
        "cam2.mp4",
        "cam2.txt",
        "identities.json",
        "people",
        "run.json",
        "tracking.sqlite",
    ]
    assert sorted(p.name for p in output.iterdir() if not p.name.startswith(".")) == expected
    assert sorted(p.name for p in output.iterdir() if p.name.startswith(".")) == [".crosscam.json", ".crosscam.lock"]
    assert sorted(p.name for p in (output / "people").iterdir()) == ["1.jpg", "2.jpg", "3.jpg"]


def test_text_json_and_database_agree(run) -> None:
    result, output = run
    rows = read_mot(output / "cam1.txt")
    assert set(rows.ids.tolist()) == {1, 2, 3}
    document = json.loads((output / "identities.json").read_text())
    assert [i["id"] for i in document["identities"]] == [1, 2, 3]
    assert len(rows) == sum(t["boxes"] for i in document["identities"] for t in i["tracklets"] if t["camera"] == "cam1")
    with StoreReader(output / "tracking.sqlite") as store:
        stored = store.result()
    assert [len(i.tracklets) for i in stored.identities] == [len(i.tracklets) for i in result.identities]


def test_videos_keep_length_and_play_as_h264(run, scene) -> None:
    _, output = run
    for video in scene.videos:
        with av.open(str(video)) as before, av.open(str(output / video.name)) as after:
            assert after.streams.video[0].codec_context.name == "h264"
            times = [[float(f.time) for f in c.decode(video=0)] for c in (before, after)]
        assert times[0] == pytest.approx(times[1], abs=1e-3)


def test_report_tells_what_was_done(run) -> None:
    _, output = run
    report = json.loads((output / "run.json").read_text())
    assert report["problems"] == []
    assert report["counts"]["frames"] == 140
    assert report["config"]["detector"]["name"] == "mot_file"
    assert report["frames_per_second"]["total"] > 0


def test_the_same_input_gives_the_same_text(run, scene, tmp_path) -> None:
    _, output = run
    config = stored_detections(scene.detections, output={"video": False})
    track_videos(RunRequest([str(v) for v in scene.videos], tmp_path, quiet=True), config)
    for name in ("cam1.txt", "cam2.txt", "identities.json"):
        assert (tmp_path / name).read_text() == (output / name).read_text()
    assert not (tmp_path / "cam1.mp4").exists()


def test_one_camera_is_enough(scene, tmp_path) -> None:
    config = stored_detections(scene.detections[:1], output={"video": False})
    result = track_videos(RunRequest([str(scene.videos[0])], tmp_path, quiet=True), config)
    assert len(result.identities) == 3


def test_nobody_in_view_gives_empty_files(scene, tmp_path) -> None:
    nothing = tmp_path / "nothing.txt"
    nothing.write_text("")
    config = stored_detections([nothing])
    result = track_videos(RunRequest([str(scene.videos[0])], tmp_path / "out", quiet=True), config)
    assert result.identities == ()
    assert (tmp_path / "out" / "cam1.txt").read_text() == ""
    assert (tmp_path / "out" / "cam1.mp4").exists()


def test_a_video_that_breaks_is_tracked_up_to_the_break(scene, tmp_path) -> None:
    whole = scene.videos[0].read_bytes()
    broken = tmp_path / "cam1.mp4"
    position = whole.index(b"mdat") + (len(whole) - whole.index(b"mdat")) // 2
    broken.write_bytes(whole[:position] + bytes(2000) + whole[position + 2000 :])
    config = stored_detections(scene.detections[:1], output={"video": False})
    result = track_videos(RunRequest([str(broken)], tmp_path / "out", quiet=True), config)
    assert 1 <= len(result.identities) <= 3


def test_ctrl_c_keeps_what_was_tracked(scene, tmp_path, monkeypatch) -> None:
    from tracker.running.recording import Recording

    add, calls = Recording.add, []

    def interrupted_add(self, frame, tracks) -> None:
        calls.append(frame.index)
        if len(calls) == 80:
            raise KeyboardInterrupt
        add(self, frame, tracks)

    monkeypatch.setattr(Recording, "add", interrupted_add)
    config = stored_detections(scene.detections)
    with pytest.raises(KeyboardInterrupt):
        track_videos(RunRequest([str(v) for v in scene.videos], tmp_path, quiet=True), config)
    assert len(read_mot(tmp_path / "cam1.txt")) > 0
    assert "stopped by the user" in json.loads((tmp_path / "run.json").read_text())["problems"][0]
    assert not (tmp_path / "cam1.mp4").exists()


def test_a_gallery_keeps_the_numbers_between_runs(scene, tmp_path) -> None:
    config = stored_detections(scene.detections, output={"video": False})
    gallery = tmp_path / "people.sqlite"
    both = RunRequest([str(v) for v in scene.videos], tmp_path / "a", gallery=gallery, quiet=True)
    first = track_videos(both, config)
    second = track_videos(replace(both, output=tmp_path / "b"), config)
    assert [i.identity_id for i in second.identities] == [i.identity_id for i in first.identities]
    people = [
        {person_of(scene.truth[t.camera_id], t) for r in (first, second) for t in r.identities[k].tracklets}
        for k in range(3)
    ]
    assert all(len(p) == 1 for p in people)


def test_a_gallery_of_another_model_is_refused(scene, tmp_path) -> None:
    gallery = tmp_path / "people.sqlite"
    recall_identities(gallery, "another model", [])
    request = RunRequest([str(v) for v in scene.videos], tmp_path / "out", gallery=gallery, quiet=True)
    with pytest.raises(InputError, match="another model"):
        track_videos(request, stored_detections(scene.detections, output={"video": False}))


def test_a_cameras_file_gives_clocks_and_places(scene, tmp_path) -> None:
    file = tmp_path / "cameras.yaml"
    floor = "homography: [[0.05, 0, 0], [0, 0.05, 0], [0, 0, 1]]"
    file.write_text(f"cameras: {{cam1: {{{floor}}}, cam2: {{time_offset_s: 2.5, {floor}}}}}\n")
    request = RunRequest([str(v) for v in scene.videos], tmp_path / "out", cameras=file, quiet=True)
    result = track_videos(request, stored_detections(scene.detections, output={"video": False}))
    starts = {t.camera_id: t.start_s - t.frame_indices[0] / 10 for i in result.identities for t in i.tracklets}
    assert starts == pytest.approx({"cam1": 0.0, "cam2": 2.5})
    assert (tmp_path / "out" / "map.jpg").exists()
    with closing(sqlite3.connect(tmp_path / "out" / "tracking.sqlite")) as store:
        found = {row[0] for row in store.execute("SELECT identity_id FROM ground_positions")}
    assert result.identities[0].identity_id in found


def test_a_cameras_file_with_unknown_cameras_is_refused(scene, tmp_path) -> None:
    file = tmp_path / "cameras.yaml"
    file.write_text("cameras: {kitchen: {time_offset_s: 1}}\n")
    with pytest.raises(InputError, match="unknown camera 'kitchen'"):
        track_videos(RunRequest([str(v) for v in scene.videos], tmp_path / "out", cameras=file, quiet=True))
