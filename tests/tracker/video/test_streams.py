"""Remote files and live streams, from servers inside the test."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from crosscam.base.errors import VideoError
from tracker.video.reader import open_video

MakeVideo = Callable[..., Path]
PORT = 18_767


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """Of a web server for `tmp_path`."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=str(tmp_path)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_remote_file_is_read_like_a_local_one(make_video: MakeVideo, address: str) -> None:
    make_video("door.mp4")
    with open_video(f"{address}/door.mp4") as reader:
        assert reader.name.endswith("-door")
        assert not reader.is_live
        assert len(list(reader)) == 10
    with reader.reopen() as again:
        assert len(list(again)) == 10


def test_a_remote_file_that_is_not_there_is_one_line(address: str) -> None:
    with pytest.raises(VideoError, match="404 Not Found; check the address"):
        open_video(f"{address}/door.mp4")


@pytest.fixture
def broadcast() -> Iterator[str]:
    """The address of a live stream of 25 frames per second."""
    stopped = threading.Event()
    address = f"udp://127.0.0.1:{PORT}"

    def send() -> None:
        options = {"preset": "ultrafast", "tune": "zerolatency", "g": "5"}
        with av.open(f"{address}?pkt_size=1316", "w", format="mpegts") as container:
            stream: Any = container.add_stream("libx264", rate=25, options=options)
            stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
            index = 0
            while not stopped.wait(0.04):
                frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), index * 5 % 250, np.uint8), format="bgr24")
                frame.pts, frame.time_base = index, Fraction(1, 25)
                container.mux(stream.encode(frame))
                index += 1

    thread = threading.Thread(target=send)
    thread.start()
    yield address
    stopped.set()
    thread.join()


@pytest.mark.slow
def test_a_live_stream_drops_what_nobody_takes(broadcast: str) -> None:
    origin_s = time.monotonic()
    with open_video(broadcast, origin_s=origin_s, max_frames=60) as reader:
        assert reader.is_live
        assert reader.frames == 60
        first = [next(reader).time_s for _ in range(5)]
        time.sleep(1.5)  # more than the queue holds
        rest = [frame.time_s for frame in reader]
    assert 0 < first[0] < time.monotonic() - origin_s
    assert np.all(np.diff(first + rest) > 0)
    assert reader.repaired["dropped_frames"] > 5
    with pytest.raises(VideoError, match="a live stream cannot be read a second time"):
        reader.reopen()
