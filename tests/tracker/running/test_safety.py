"""A run never destroys what is not its own, never writes down a secret, and finds late mistakes early."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from crosscam.base.errors import InputError
from tracker.output.store.reader import StoreReader
from tracker.running.configuration import load_config
from tracker.running.recorded import track_videos
from tracker.running.request import RunRequest


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory, make_scene: Callable[..., Any]) -> Any:
    return make_scene(tmp_path_factory.mktemp("scene"), frames=30)


def track(scene: Any, output: Path, videos: list[Path] | None = None, **request: Any) -> None:
    sections = {
        "detector": {"name": "mot_file", "files": [str(f) for f in scene.detections[: len(videos or scene.videos)]]},
        "embedder": {"weights": "descriptor"},
    }
    config = load_config(sections=sections)
    track_videos(RunRequest([str(v) for v in videos or scene.videos], output, quiet=True, **request), config)


def test_the_source_is_never_overwritten(scene: Any, tmp_path: Path) -> None:
    video = tmp_path / "cam1.mp4"
    video.write_bytes(scene.videos[0].read_bytes())
    before = video.read_bytes()
    with pytest.raises(InputError, match="would replace a file of the input"):
        track(scene, tmp_path, [video])
    assert video.read_bytes() == before


def test_a_text_of_the_user_stays(scene: Any, tmp_path: Path) -> None:
    (tmp_path / "cam1.txt").write_text("my ground truth")
    with pytest.raises(InputError, match=r"cam1\.txt is there and was not written by this tool"):
        track(scene, tmp_path)
    assert (tmp_path / "cam1.txt").read_text() == "my ground truth"


def test_pictures_of_the_user_stay_and_name_the_place(scene: Any, tmp_path: Path) -> None:
    (tmp_path / "people").mkdir()
    (tmp_path / "people" / "1.jpg").write_text("photo")
    with pytest.raises(InputError, match=r"people/1\.jpg is there and was not written by this tool"):
        track(scene, tmp_path)
    assert (tmp_path / "people" / "1.jpg").read_text() == "photo"
    with StoreReader(tmp_path / "tracking.sqlite") as store:  # what was written before is whole
        assert store.result().identities


def test_a_run_again_replaces_its_own_results_and_no_others(scene: Any, tmp_path: Path) -> None:
    track(scene, tmp_path)
    first = (tmp_path / "identities.json").read_bytes()
    track(scene, tmp_path)
    assert (tmp_path / "identities.json").read_bytes() == first
    with pytest.raises(InputError, match=r"holds the results of a run over .*--overwrite"):
        track(scene, tmp_path, scene.videos[:1])
    track(scene, tmp_path, scene.videos[:1], overwrite=True)
    assert [camera["name"] for camera in json.loads((tmp_path / "identities.json").read_text())["cameras"]] == ["cam1"]


def test_a_video_of_the_same_name_in_another_folder_is_another_run(
    scene: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for day in ("monday", "tuesday"):
        (tmp_path / day).mkdir()
        (tmp_path / day / "cam1.mp4").write_bytes(scene.videos[0].read_bytes())
    monkeypatch.chdir(tmp_path / "monday")
    track(scene, tmp_path / "out", [Path("cam1.mp4")])
    track(scene, tmp_path / "out", [tmp_path / "monday" / "cam1.mp4"])  # the same one, said otherwise
    monkeypatch.chdir(tmp_path / "tuesday")
    with pytest.raises(InputError, match=r"holds the results of a run over .*monday.cam1\.mp4"):
        track(scene, tmp_path / "out", [Path("cam1.mp4")])


def test_what_shows_people_is_for_the_owner_alone(scene: Any, tmp_path: Path) -> None:
    track(scene, tmp_path)
    private = [tmp_path / "tracking.sqlite", *(tmp_path / "people").iterdir()]
    assert len(private) > 1
    assert all(path.stat().st_mode & 0o077 == 0 for path in private)


@pytest.mark.parametrize("kind", ["no folder", "a folder", "another database", "another model", "locked", "damaged"])
def test_a_gallery_that_cannot_be_used_is_found_before_the_work(scene: Any, tmp_path: Path, kind: str) -> None:
    gallery = tmp_path / ("gone" if kind == "no folder" else "") / "people.sqlite"
    if kind == "a folder":
        gallery.mkdir()
    elif kind == "another database":
        with closing(sqlite3.connect(gallery)) as db:
            db.execute("CREATE TABLE tracks (x)")
    elif kind == "damaged":
        gallery.write_bytes(b"SQLite format 3\0" + os.urandom(5000))
    elif kind in ("another model", "locked"):
        track(scene, tmp_path / "first", gallery=gallery)
    lock = sqlite3.connect(gallery, isolation_level=None) if kind in ("locked", "another model") else None
    if lock is not None and kind == "another model":
        lock.execute("UPDATE meta SET value = 'other' WHERE key = 'reid_model'")
    elif lock is not None:
        lock.execute("BEGIN EXCLUSIVE")
    before = gallery.read_bytes() if gallery.is_file() else b""
    try:
        with pytest.raises(InputError, match="gallery"):
            track(scene, tmp_path / "out", gallery=gallery)
    finally:
        if lock is not None:
            lock.close()
    assert not (tmp_path / "out" / "identities.json").exists()
    assert not before or gallery.read_bytes() == before


def test_a_calibration_that_cannot_be_read_is_found_before_the_work(scene: Any, tmp_path: Path) -> None:
    config = load_config(overrides=["cross_camera.calibration=gone.json", "embedder.weights=none"])
    with pytest.raises(InputError, match=r"gone\.json"):
        track_videos(RunRequest([str(v) for v in scene.videos], tmp_path / "out", quiet=True), config)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_upon_signals_lose_nothing(tmp_path: Path, make_scene: Any, repo_root: Path, number: int) -> None:
    scene = make_scene(tmp_path, frames=400)
    words = ["--videos", *map(str, scene.videos), "--detections", *map(str, scene.detections)]
    words += ["--output", str(tmp_path / "o"), "--reid", "descriptor", "--quiet"]
    code = f"""
import sys, time
import tracker.running.recording as recording
from crosscam.commands import main
add = recording.Recording.add
def slow(self, *tracks):
    time.sleep(0.01)
    return add(self, *tracks)
recording.Recording.add = slow
sys.exit(main(["track", *{words!r}]))
"""
    run = subprocess.Popen([sys.executable, "-c", code], cwd=repo_root, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not (tmp_path / "o" / ".crosscam.json").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    time.sleep(1.0)
    for _ in range(20):
        run.send_signal(number)
        time.sleep(0.02)
        if run.poll() is not None:
            break
    _, said = run.communicate(timeout=60)
    assert run.returncode == 130, said
    with StoreReader(tmp_path / "o" / "tracking.sqlite") as store:
        assert store.result().identities
    assert "stopped by the user" in json.loads((tmp_path / "o" / "run.json").read_text())["problems"]


def test_no_secret_is_written_or_said(tmp_path: Path, repo_root: Path, serve: Any) -> None:
    import numpy as np

    server = serve([np.full((64, 48, 3), 100, np.uint8)] * 30)
    address = server.address.replace("tcp://", "tcp://adm1nistrator:S3cret@") + "?password=T0ken"
    command = [
        sys.executable,
        "tools/run_tracker.py",
        "--videos",
        address,
        str(repo_root / "sample_videos" / "cam1.mp4"),
    ]
    command += ["--output", str(tmp_path / "out"), "--max-frames", "5", "--reid", "none", "--no-video"]
    command += ["--set", "streams.give_up_s=1"]
    run = subprocess.run(command, cwd=repo_root, capture_output=True, text=True, timeout=120)
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    names = " ".join(str(path) for path in tmp_path.rglob("*"))
    assert b"127.0.0.1" in written
    for secret in ("adm1nistrator", "S3cret", "T0ken"):
        assert secret.encode() not in written
        assert secret not in run.stdout + run.stderr + names
