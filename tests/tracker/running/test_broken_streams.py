"""Whole runs over real streams that break: the other cameras go on, tracks end at the gap, Ctrl-C always works."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from crosscam.base.errors import VideoError
from tracker.running.configuration import load_config
from tracker.running.live import track_live
from tracker.running.options import PipelineConfig
from tracker.running.recorded import track_videos
from tracker.running.request import RunRequest

STREAMS = {"stall_s": 2.0, "retry_s": 0.1, "max_retry_s": 0.2, "give_up_s": 30.0}
PATIENCE_S = 30.0


def standing_person() -> list[np.ndarray]:
    """250 pictures, uint8 (H, W, 3) BGR, of a box that stays where it is."""
    image = np.full((240, 160, 3), 128, np.uint8)
    image[60:100, 40:70], image[100:140, 40:70] = (40, 40, 200), (150, 90, 30)
    return [image] * 250


@pytest.fixture
def config(tmp_path: Path) -> Callable[..., PipelineConfig]:
    """`config(cameras, give_up_s=30)`: the person's box as detection in every frame of every camera."""

    def make(cameras: int, **streams: float) -> PipelineConfig:
        detections = tmp_path / "boxes.txt"
        detections.write_text("".join(f"{i + 1},-1,40,60,30,80,0.9,-1,-1,-1\n" for i in range(500)))
        sections = {
            "detector": {"name": "mot_file", "files": [str(detections)] * cameras},
            "embedder": {"weights": "descriptor"},
            "tracker": {"max_lost_s": 0.9},
            "streams": {**STREAMS, **streams},
        }
        return load_config(sections=sections)

    return make


def meanwhile(act: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=act, daemon=True)
    thread.start()
    return thread


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_camera_drops_out_and_returns_while_the_other_goes_on(
    serve: Any, tmp_path: Path, config: Callable[..., PipelineConfig], caplog: pytest.LogCaptureFixture
) -> None:
    door, hall = serve(standing_person()), serve(standing_person())

    def cut() -> None:
        time.sleep(0.8)
        door.stop()
        time.sleep(1.6)
        door.start()

    meanwhile(cut)
    request = RunRequest([door.address, hall.address], tmp_path / "out", max_frames=70, quiet=True)
    result = track_live(request, config(2))
    cameras = [camera.name for camera in result.cameras]
    tracks = {name: [t for _, t in result.tracklets() if t.camera_id == name] for name in cameras}
    before, after = sorted(tracks[cameras[0]], key=lambda t: t.start_s)
    (other,) = tracks[cameras[1]]
    assert before.track_id != after.track_id
    assert 0.5 < after.start_s - before.end_s < 3
    assert np.sum((other.times_s > before.end_s + 0.05) & (other.times_s < after.start_s - 0.05)) >= 4
    assert np.diff(other.times_s).max() < 1.0  # far below the gap, also on a computer that does other work
    report = json.loads((tmp_path / "out" / "run.json").read_text())
    assert report["problems"] == []
    assert caplog.text.count("lost after") == caplog.text.count("back after") == 1


def test_ctrl_c_while_no_camera_sends(serve: Any, tmp_path: Path, repo_root: Path) -> None:
    """As a user would: the tool runs, its camera dies, the wait is ended from the terminal."""
    server, log, output = serve(standing_person()), tmp_path / "log.txt", tmp_path / "out"
    (tmp_path / "boxes.txt").write_text("".join(f"{i + 1},-1,40,60,30,80,0.9,-1,-1,-1\n" for i in range(500)))
    command = [sys.executable, "tools/run_tracker.py", "--live", "--videos", server.address, "--output", str(output)]
    command += ["--detections", str(tmp_path / "boxes.txt"), "--reid", "descriptor"]
    with log.open("w") as stderr:
        run = subprocess.Popen(command, cwd=repo_root, stderr=stderr)
        try:
            wait_until(lambda: (output / "events.jsonl").is_file() and (output / "events.jsonl").stat().st_size > 0)
            server.stop()
            wait_until(lambda: "lost after" in log.read_text())
            stopped_s = time.monotonic()
            run.send_signal(signal.SIGINT)
            assert run.wait(PATIENCE_S) == 0  # the usual way to end a live run
        finally:
            run.kill()
            run.wait()
    assert time.monotonic() - stopped_s < 10
    report = json.loads((output / "run.json").read_text())
    assert report["problems"][0] == "stopped by the user"
    assert "lost after" in report["problems"][1]
    assert json.loads((output / "identities.json").read_text())["identities"]


def test_a_camera_that_never_answers_is_given_up(
    serve: Any, tmp_path: Path, config: Callable[..., PipelineConfig], caplog: pytest.LogCaptureFixture
) -> None:
    dead, hall = serve(standing_person()), serve(standing_person())
    dead.stop()
    request = RunRequest([dead.address, hall.address], tmp_path / "out", max_frames=20, quiet=True)
    result = track_live(request, config(2, give_up_s=0.5))
    assert [camera.frames for camera in result.cameras] == [0, 20]
    assert caplog.text.count("given up after 0.5 s without success") == 1
    (problem,) = json.loads((tmp_path / "out" / "run.json").read_text())["problems"]
    assert problem.endswith("given up after 0.5 s")


def test_no_camera_at_all_is_an_error(tmp_path: Path, serve: Any, config: Callable[..., PipelineConfig]) -> None:
    dead = [serve(standing_person()) for _ in range(2)]
    for server in dead:
        server.stop()
    with pytest.raises(VideoError, match=r"no camera can be opened: tcp:.*Connection refused.*; tcp:.*"):
        track_live(RunRequest([server.address for server in dead], tmp_path / "out", quiet=True), config(2))
    assert not (tmp_path / "out").exists()


def test_a_stream_in_two_passes_is_opened_again_too(
    serve: Any, tmp_path: Path, config: Callable[..., PipelineConfig], caplog: pytest.LogCaptureFixture
) -> None:
    server = serve(standing_person())

    def cut() -> None:
        time.sleep(0.8)
        server.stop()
        wait_until(lambda: "lost after" in caplog.text)
        server.start()

    meanwhile(cut)
    result = track_videos(RunRequest([server.address], tmp_path / "out", max_frames=50, quiet=True), config(1))
    assert result.cameras[0].frames == 50
    report = json.loads((tmp_path / "out" / "run.json").read_text())
    assert report["cameras"][0]["repaired"]["reconnects"] == 1
