"""Camera names are unique, safe as file names, and give no password away."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.video.names import camera_name, camera_names, safe_name


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("videos/cam1.mp4", "cam1"),
        ("/data/Überwachung 摄像机.mkv", "Überwachung 摄像机"),
        ("archive.tar.avi", "archive.tar"),
        ("rtsp://user:secret@10.0.0.7:554/live/main.sdp", "10.0.0.7-554-live-main"),
        ("http://host/door.mp4?token=abc", "host-door"),
        ("udp://127.0.0.1:5000", "127.0.0.1-5000"),
        ("0", "webcam0"),
        ("a:b?.mp4", "a_b_"),
        ("con.mp4", "_con"),
    ],
)
def test_name_of_a_source(source: str, name: str) -> None:
    assert camera_name(source) == name


def test_folders_are_named_after_themselves_and_img1_after_its_sequence(tmp_path: Path) -> None:
    (tmp_path / "MOT17-02" / "img1").mkdir(parents=True)
    assert camera_name(str(tmp_path / "MOT17-02")) == "MOT17-02"
    assert camera_name(str(tmp_path / "MOT17-02" / "img1")) == "MOT17-02"
    assert camera_name(str(tmp_path / "MOT17-02") + "/") == "MOT17-02"


def test_names_that_occur_again_are_numbered() -> None:
    assert camera_names(["a/cam1.mp4", "b/cam1.mp4", "b/CAM1.avi", "cam2.mp4"]) == ["cam1", "cam1-2", "CAM1-3", "cam2"]
    assert camera_names(["cam1-2.mp4", "cam1.mp4", "x/cam1.mp4"]) == ["cam1-2", "cam1", "cam1-3"]


@given(st.text())
def test_any_text_becomes_a_safe_file_name(text: str) -> None:
    name = safe_name(text)
    assert name
    assert name not in (".", "..")
    assert not name.startswith((".", " "))
    assert not set(name) & set('/\\:*?"<>|\0\n')
    assert len(name) <= 81
