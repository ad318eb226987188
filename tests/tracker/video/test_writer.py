"""H.264 files: times, sizes, browsers, and no half file under a final name."""

from __future__ import annotations

import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from crosscam.base.errors import VideoError
from tracker.video.reader import open_video
from tracker.video.writer import VideoWriter

MakeVideo = Callable[..., Path]


def image(level: int, width: int = 64, height: int = 48) -> np.ndarray:
    return np.full((height, width, 3), level, np.uint8)


def write(path: Path, times: list[float]) -> None:
    with VideoWriter(path, 64, 48, 25.0) as writer:
        for index, time_s in enumerate(times):
            writer.write(image(20 + 10 * index % 200), time_s)


def write_then_raise(
    path: Path, error: type[BaseException], threaded: bool = False, is_recording: bool = False
) -> None:
    with VideoWriter(path, 64, 48, 25.0, threaded=threaded, is_recording=is_recording) as writer:
        writer.write(image(1), 0.0)
        raise error


@pytest.mark.parametrize(("threaded", "encoder_threads"), [(False, 1), (True, 1), (True, 3)])
def test_frames_and_times_survive(tmp_path: Path, threaded: bool, encoder_threads: int) -> None:
    times = [0.0, 0.04, 0.05, 0.5, 0.51, 2.0]
    with VideoWriter(tmp_path / "a.mp4", 64, 48, 25.0, threaded=threaded, encoder_threads=encoder_threads) as writer:
        for index, time_s in enumerate(times):
            writer.write(image(20 + 10 * index), time_s)
    with open_video(str(tmp_path / "a.mp4")) as reader:
        frames = list(reader)
    assert [f.time_s for f in frames] == pytest.approx(times, abs=1e-5)
    assert [float(f.image.mean()) for f in frames] == pytest.approx([20 + 10 * i for i in range(6)], abs=3)
    assert [p.name for p in tmp_path.iterdir()] == ["a.mp4"]


def test_time_stamps_of_the_input_are_kept_exactly(make_video: MakeVideo, tmp_path: Path) -> None:
    source = make_video(frames=5, pts=[0, 33, 67, 100, 250], ticks_per_s=1000)
    with (
        open_video(str(source)) as reader,
        VideoWriter(tmp_path / "o.mp4", 64, 48, reader.fps, reader.time_base) as out,
    ):
        for frame in reader:
            out.write(frame.image, frame.time_s)
    with av.open(str(source)) as a, av.open(str(tmp_path / "o.mp4")) as b:
        assert [f.time for f in a.decode(video=0)] == [f.time for f in b.decode(video=0)]


def test_the_file_plays_in_a_browser(tmp_path: Path) -> None:
    write(tmp_path / "a.mp4", [i / 25 for i in range(30)])
    with av.open(str(tmp_path / "a.mp4")) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert stream.codec_context.profile in ("Constrained Baseline", "Main", "High")
        assert stream.start_time == 0
    data = (tmp_path / "a.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")  # faststart


def test_colors_survive(tmp_path: Path) -> None:
    colors = [(0, 0, 255), (0, 255, 0), (255, 0, 0), (255, 255, 255), (0, 0, 0)]
    with VideoWriter(tmp_path / "a.mp4", 64, 48, 25.0) as writer:
        for index, color in enumerate(colors):
            writer.write(np.full((48, 64, 3), color, np.uint8), index / 25)
    with open_video(str(tmp_path / "a.mp4")) as reader:
        for frame, color in zip(reader, colors, strict=True):
            assert frame.image.mean(axis=(0, 1)) == pytest.approx(color, abs=6)


def test_odd_sizes_gain_a_row_and_a_column(tmp_path: Path) -> None:
    with VideoWriter(tmp_path / "a.mp4", 63, 47, 25.0) as writer:
        writer.write(image(100, 63, 47), 0.0)
    with open_video(str(tmp_path / "a.mp4")) as reader:
        assert (reader.width, reader.height) == (64, 48)
        assert next(reader).image[-1, -1] == pytest.approx([100] * 3, abs=3)


def test_no_frames_leave_no_file(tmp_path: Path) -> None:
    with VideoWriter(tmp_path / "a.mp4", 64, 48, 25.0):
        pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("threaded", [False, True])
def test_an_exception_removes_the_unfinished_file(tmp_path: Path, threaded: bool) -> None:
    with pytest.raises(KeyboardInterrupt):
        write_then_raise(tmp_path / "a.mp4", KeyboardInterrupt, threaded)
    assert list(tmp_path.iterdir()) == []


def test_a_live_recording_keeps_what_was_written(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        write_then_raise(tmp_path / "a.mp4", KeyboardInterrupt, is_recording=True)
    with open_video(str(tmp_path / "a.mp4")) as reader:
        assert len(list(reader)) == 1


def test_a_recording_plays_after_a_crash(tmp_path: Path) -> None:
    with VideoWriter(tmp_path / "a.mp4", 64, 48, 25.0, is_recording=True) as writer:
        for index in range(600):
            writer.write(image(index % 250), index / 25)
        crashed = tmp_path / "crashed.mp4"
        (part,) = tmp_path.glob(".a.mp4.*.part")
        crashed.write_bytes(part.read_bytes())
    with open_video(str(crashed)) as reader:
        assert len(list(reader)) > 300
    with open_video(str(tmp_path / "a.mp4")) as reader:
        assert len(list(reader)) == 600
        assert reader.broken is None


def test_an_old_file_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"old")
    with pytest.raises(RuntimeError):
        write_then_raise(tmp_path / "a.mp4", RuntimeError)
    assert (tmp_path / "a.mp4").read_bytes() == b"old"


def test_a_wrong_size_is_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(ValueError, match=r"\(48, 64\), got \(10, 10\)"),
        VideoWriter(tmp_path / "a.mp4", 64, 48, 25.0) as writer,
    ):
        writer.write(image(1, 10, 10), 0.0)


def test_a_folder_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(VideoError, match=r"cannot write video .*a\.mp4: No such file or directory"):
        VideoWriter(tmp_path / "none" / "a.mp4", 64, 48, 25.0)


@pytest.mark.parametrize("threaded", [False, True])
def test_a_full_disk_is_one_line_and_leaves_no_file(tmp_path: Path, repo_root: Path, threaded: bool) -> None:
    code = f"""
import resource, signal, sys, numpy as np
sys.path.insert(0, {str(repo_root)!r})
from crosscam.base.errors import VideoError
from tracker.video.writer import VideoWriter
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
random = np.random.default_rng(0)
try:
    with VideoWriter({str(tmp_path / "a.mp4")!r}, 640, 480, 25.0, threaded={threaded}) as writer:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        for index in range(60):
            writer.write(random.integers(0, 255, (480, 640, 3), np.uint8), index / 25)
except VideoError as error:
    print(error)
"""
    assert hasattr(signal, "SIGXFSZ")
    assert hasattr(resource, "RLIMIT_FSIZE")
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert run.stdout.startswith(f"cannot write video {tmp_path / 'a.mp4'}: File too large"), run.stderr
    assert run.stdout.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_a_colon_is_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("12:57").mkdir()
    with VideoWriter("12:57/hall.mp4", 64, 48, 25.0, (1, 25)) as writer:
        writer.write(np.zeros((48, 64, 3), np.uint8), 0.0)
    assert (tmp_path / "12:57" / "hall.mp4").stat().st_size > 0
