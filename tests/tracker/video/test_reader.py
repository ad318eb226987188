"""Real files, whole and broken, through the reader."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from crosscam.base.errors import VideoError
from tracker.video.clock import synchronized
from tracker.video.reader import open_video
from tracker.video.sources import Image

MakeVideo = Callable[..., Path]


def level(image: np.ndarray) -> float:
    """Brightness of the right half."""
    return float(image[:, image.shape[1] // 2 :].mean())


def test_frames_come_in_order_with_times_and_pixels(make_video: MakeVideo) -> None:
    with open_video(str(make_video())) as reader:
        assert (reader.name, reader.fps, reader.width, reader.height, reader.frames) == ("cam1", 25.0, 64, 48, 10)
        assert not reader.is_live
        frames = list(reader)
    assert [f.index for f in frames] == list(range(10))
    assert [f.time_s for f in frames] == pytest.approx(np.arange(10) / 25)
    assert {f.camera_id for f in frames} == {"cam1"}
    expected = [16 + (i * 37) % 220 for i in range(10)]
    assert [level(f.image) for f in frames] == pytest.approx(expected, abs=4)
    assert frames[0].image.dtype == np.uint8
    assert reader.broken is None
    assert reader.repaired == {}
    assert reader.info().frames == 10
    assert reader.info().fps == pytest.approx(25)


def test_variable_frame_rate_keeps_the_files_own_times(make_video: MakeVideo) -> None:
    pts = [0, 40, 50, 200, 210, 900]
    with open_video(str(make_video(frames=6, pts=pts, ticks_per_s=1000))) as reader:
        assert [f.time_s for f in reader] == pytest.approx(np.array(pts) / 1000)


def test_offset_moves_the_clock(make_video: MakeVideo) -> None:
    with open_video(str(make_video()), offset_s=12.5) as reader:
        assert next(reader).time_s == 12.5


@pytest.mark.parametrize(("name", "codec"), [("a.webm", "libvpx-vp9"), ("a.avi", "mpeg4"), ("a.mkv", "libx264")])
def test_other_containers_and_codecs(make_video: MakeVideo, name: str, codec: str) -> None:
    with open_video(str(make_video(name, codec=codec))) as reader:
        times = [f.time_s for f in reader]
    assert times == pytest.approx(np.arange(10) / 25, abs=0.002)
    assert reader.broken is None


def test_reading_again_gives_identical_frames(make_video: MakeVideo) -> None:
    with open_video(str(make_video()), "door", offset_s=1.0, max_frames=7) as reader:
        first = list(reader)
    with reader.reopen() as again:
        second = list(again)
    assert len(first) == len(second) == 7
    for a, b in zip(first, second, strict=True):
        assert (a.camera_id, a.index, a.time_s) == (b.camera_id, b.index, b.time_s)
        assert np.array_equal(a.image, b.image)


def test_max_frames_stops_early_without_calling_it_broken(make_video: MakeVideo) -> None:
    with open_video(str(make_video(frames=40)), max_frames=3) as reader:
        assert reader.frames == 3
        assert len(list(reader)) == 3
    assert reader.broken is None


def test_leaving_early_ends_the_thread(make_video: MakeVideo) -> None:
    before = threading.active_count()
    with open_video(str(make_video(frames=200))) as reader:
        next(reader)
    assert threading.active_count() == before
    assert list(reader) == []


def test_an_interrupt_in_the_loop_ends_the_thread(make_video: MakeVideo) -> None:
    def interrupted(path: Path) -> None:
        with open_video(str(path)) as reader:
            for _ in reader:
                raise KeyboardInterrupt

    before = threading.active_count()
    path = make_video(frames=200)
    with pytest.raises(KeyboardInterrupt):
        interrupted(path)
    assert threading.active_count() == before


def test_a_truncated_file_is_read_up_to_the_break(make_video: MakeVideo) -> None:
    path = make_video(frames=60, movflags="+faststart", gop=5)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 3 // 4])
    with open_video(str(path)) as reader:
        frames = list(reader)
    assert 5 < len(frames) < 60
    assert [level(f.image) for f in frames[:-1]] == pytest.approx(
        [16 + (i * 37) % 220 for i in range(len(frames) - 1)], abs=6
    )
    assert reader.broken is not None
    assert "of 60 frames" in reader.broken
    assert str(path) in reader.broken


def test_a_truncated_matroska_file_is_noticed_by_its_duration(make_video: MakeVideo) -> None:
    path = make_video("a.mkv", frames=250, gop=5)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    with open_video(str(path)) as reader:
        frames = list(reader)
    assert 5 < len(frames) < 250
    assert reader.broken is not None
    assert "of 10.0 seconds: the file is truncated" in reader.broken


@pytest.mark.parametrize(("name", "packet"), [("a.ts", 188), ("a.m2ts", 192)])
def test_a_transport_stream_is_truncated_where_it_ends_inside_a_packet(
    make_video: MakeVideo, name: str, packet: int
) -> None:
    path = make_video(name, frames=60, gop=5)
    data = path.read_bytes()
    assert len(data) % packet == 0
    with open_video(str(path)) as reader:
        assert len(list(reader)) == 60
    assert reader.broken is None
    path.write_bytes(data[: len(data) // 2 // packet * packet + 50])
    with open_video(str(path)) as reader:
        assert 5 < len(list(reader)) < 60
    assert reader.broken is not None
    assert "in the middle of a transport packet: the file is truncated" in reader.broken


def test_a_trimmed_file_is_not_called_broken(make_video: MakeVideo) -> None:
    path = make_video(frames=60)
    data = bytearray(path.read_bytes())
    duration = data.index(b"elst") + 12  # of the edit, in units of 1/1000 s
    assert int.from_bytes(data[duration : duration + 4], "big") == 2400
    data[duration : duration + 4] = (1200).to_bytes(4, "big")  # as phones trim: the frames stay in the file
    path.write_bytes(data)
    with open_video(str(path)) as reader:
        count = len(list(reader))
    assert 28 <= count <= 34
    assert reader.broken is None


def test_a_long_last_frame_is_not_called_broken(tmp_path: Path) -> None:
    path = tmp_path / "still.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        packets = []
        for index in range(3):
            frame = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="bgr24")
            frame.pts = index
            packets += stream.encode(frame)
        packets += stream.encode(None)
        packets[-1].duration = packets[-1].duration * 250 if packets[-1].duration else 250
        container.mux(packets)
    with open_video(str(path)) as reader:
        assert len(list(reader)) == 3
    assert reader.broken is None


def test_a_raw_stream_without_times_runs_at_its_rate(make_video: MakeVideo) -> None:
    with open_video(str(make_video("raw.h264"))) as reader:
        times = [frame.time_s for frame in reader]
    assert len(times) == 10
    assert np.all(np.diff(times) > 0)
    assert reader.broken is None


def test_damage_in_the_middle_is_skipped_and_counted(make_video: MakeVideo) -> None:
    path = make_video(frames=100, gop=10, movflags="+faststart")
    with av.open(str(path)) as container:
        packets = [(p.pos, p.size) for p in container.demux(video=0) if p.size]
    data = bytearray(path.read_bytes())
    for position, size in packets[40:46]:
        data[position : position + size] = bytes(size)
    path.write_bytes(data)
    with open_video(str(path)) as reader:
        frames = list(reader)
    assert 80 <= len(frames) <= 100
    assert reader.repaired["damaged_packets"] >= 1
    assert reader.broken is None


def test_frames_that_change_size_are_resized_to_the_first(tmp_path: Path, make_video: MakeVideo) -> None:
    parts = [make_video(f"{i}.ts", width=w, height=h) for i, (w, h) in enumerate([(64, 48), (128, 96)])]
    path = tmp_path / "joined.ts"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    with open_video(str(path)) as reader:
        frames = list(reader)
    assert {f.image.shape for f in frames} == {(48, 64, 3)}
    assert len(frames) == 20
    assert reader.repaired["resized_frames"] == 10
    times = [f.time_s for f in frames]
    assert all(b > a for a, b in pairwise(times))


def test_unicode_names(make_video: MakeVideo) -> None:
    with open_video(str(make_video("Käfer 摄像机 #1.mp4"))) as reader:
        assert reader.name == "Käfer 摄像机 #1"
        assert len(list(reader)) == 10


def test_a_missing_file_is_one_line() -> None:
    with pytest.raises(VideoError, match=r"cannot open video no/such/cam3\.mp4: No such file"):
        open_video("no/such/cam3.mp4")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"this is no video\n" * 50, "expected a video file"),
        (bytes(5000), "expected a video"),
    ],
)
def test_a_file_that_is_no_video_is_one_line(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "cam.mp4"
    path.write_bytes(content)
    with pytest.raises(VideoError, match=message) as caught:
        open_video(str(path))
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_cut_before_its_index_is_one_line(make_video: MakeVideo) -> None:
    path = make_video(frames=60)  # the index is at the end
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(VideoError, match=r"cannot open video .*cam1\.mp4: .*its index \(moov\) is missing"):
        open_video(str(path))


def test_a_sound_file_has_no_video(tmp_path: Path) -> None:
    path = tmp_path / "sound.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with pytest.raises(VideoError, match="found audio; expected a video stream"):
        open_video(str(path))


def test_a_dead_address_is_one_line() -> None:
    with pytest.raises(VideoError, match=r"cannot open stream rtsp://127.0.0.1:9/x: .*check the address"):
        open_video("rtsp://127.0.0.1:9/x")


def test_a_codec_that_is_absent_is_one_line(make_video: MakeVideo) -> None:
    path = make_video()
    path.write_bytes(path.read_bytes().replace(b"avc1", b"zzzz").replace(b"avcC", b"zzzC"))
    with pytest.raises(VideoError, match=r"cam1\.mp4: no decoder for its video codec; expected H\.264"):
        open_video(str(path))


def test_a_webcam_that_is_not_there_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(VideoError, match="cannot open webcam 97"):
        open_video("97")


def test_max_frames_must_be_positive(make_video: MakeVideo) -> None:
    with pytest.raises(ValueError, match="max_frames"):
        open_video(str(make_video()), max_frames=0)


def test_rotation_marks_are_applied(make_video: MakeVideo, tmp_path: Path) -> None:
    path, turned = make_video(), tmp_path / "turned.mp4"
    with av.open(str(path)) as source, av.open(str(turned), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        try:
            stream.set_display_rotation(90)  # type: ignore[attr-defined]
        except AttributeError:
            pytest.skip("this PyAV cannot write rotation marks")
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    with open_video(str(turned)) as reader:
        assert (reader.width, reader.height) == (48, 64)
        image = next(reader).image
    is_read, expected = cv2.VideoCapture(str(turned)).read()  # OpenCV turns by the mark too
    assert is_read
    assert np.abs(image.astype(int) - expected).mean() < 3


@pytest.mark.shared_data
def test_development_videos_are_read_whole(shared: Path) -> None:
    expected = {"caviar_shop1/cam1.mp4": (384, 288, 25.0), "campus_drone/cam1.webm": (960, 540, 10.0)}
    for name, (width, height, fps) in expected.items():
        with open_video(str(shared / "data/multicam" / name)) as reader:
            count = sum(1 for _ in reader)
        assert (reader.width, reader.height, reader.fps) == (width, height, fps)
        assert reader.broken is None
        assert reader.repaired == {}
        assert count == reader.frames or reader.frames is None


def test_opencv_and_the_reader_agree(make_video: MakeVideo) -> None:
    path = make_video(width=320, height=240)
    capture = cv2.VideoCapture(str(path))
    with open_video(str(path)) as reader:
        for frame in reader:
            is_read, image = capture.read()
            assert is_read
            assert np.abs(image.astype(int) - frame.image).mean() < 2
    capture.release()


@pytest.mark.parametrize("name", ["12:57:44.mp4", "hall: door 2.mp4", "2024-11-14T22:57:44+02:00.mp4", "img%03d.mp4"])
def test_a_file_of_any_name_is_a_file(
    make_video: MakeVideo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    make_video(frames=3).rename(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    for given in (name, f"./{name}", str(tmp_path / name)):
        with open_video(given) as reader:
            assert len(list(reader)) == 3
        assert reader.broken is None


def test_an_error_in_the_decoder_breaks_this_camera_alone(
    make_video: MakeVideo, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, healthy = open_video(str(make_video(frames=6)), "hall"), open_video(str(make_video(frames=6)), "door")
    images = broken._opened.images()

    def fails() -> Iterator[tuple[float | None, Image]]:
        yield next(images)
        raise RuntimeError("no room")

    monkeypatch.setattr(broken._opened, "images", fails)
    with broken, healthy:
        seen = [frame.camera_id for instant in synchronized([broken, healthy]) for frame in instant]
    assert seen.count("door") == 6
    assert seen.count("hall") == 1
    assert healthy.broken is None
    assert broken.broken is not None
    assert broken.broken.endswith("decoding failed: RuntimeError no room")
