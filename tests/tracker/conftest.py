"""Cameras on this computer: MPEG-TS over TCP in real time, which can be cut off, stalled and brought back."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from fractions import Fraction
from typing import Any

import av
import numpy as np
import pytest

ENCODER = {"preset": "ultrafast", "tune": "zerolatency", "g": "5"}


class StreamServer:
    """Serves the same pictures again and again, from the first one for every client, with time stamps from 0.

    Args:
        images: uint8 (H, W, 3) BGR.
        fps: At which they are sent.
        burst: Pictures that a client gets at once; FFmpeg wants some before it knows what the stream is.
    """

    def __init__(self, images: Sequence[np.ndarray], fps: int = 25, burst: int = 8) -> None:
        self.show(images, fps)
        self._fps, self._burst = fps, burst
        self._clients: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._is_stalled = False
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{self.port}"
        self._listener: socket.socket | None = None

    def show(self, images: Sequence[np.ndarray], fps: int = 25) -> None:
        """Send other pictures from the next client on."""
        self._chunks = encoded(images, fps)

    def start(self) -> StreamServer:
        """Take clients, as after the camera got its power back."""
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self._is_stalled = False
        self._run(self._accept, self._listener)
        return self

    def stop(self) -> None:
        """Cut all clients off and refuse new ones."""
        if self._listener is not None:
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None
        for client in self._clients:
            client.close()
        self._clients.clear()
        for thread in self._threads:
            thread.join()
        self._threads.clear()

    def stall(self) -> None:
        """Keep the connections and send nothing more."""
        self._is_stalled = True

    def __enter__(self) -> StreamServer:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _run(self, target: Any, *args: Any) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            self._clients.append(client)
            self._run(self._send, client)

    def _send(self, client: socket.socket) -> None:
        started = time.monotonic()
        try:
            for index, chunk in enumerate(self._chunks):
                time.sleep(max(0.0, started + (index - self._burst) / self._fps - time.monotonic()))
                while self._is_stalled and client.fileno() >= 0:
                    time.sleep(0.02)
                client.sendall(chunk)
        except OSError:
            return
        finally:
            client.close()


@pytest.fixture
def serve() -> Iterator[Callable[..., StreamServer]]:
    """`serve(images, fps=25)` starts a `StreamServer` that is stopped after the test."""
    with ExitStack() as stack:
        yield lambda *args, **kwargs: stack.enter_context(StreamServer(*args, **kwargs))


def encoded(images: Sequence[np.ndarray], fps: int) -> list[bytes]:
    """One piece of an MPEG transport stream per picture."""
    pieces = Pieces()
    with av.open(pieces, "w", format="mpegts", options={"flush_packets": "1"}) as container:
        stream: Any = container.add_stream("libx264", rate=fps, options=ENCODER)
        stream.height, stream.width = images[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        for index, image in enumerate(images):
            frame = av.VideoFrame.from_ndarray(image, format="bgr24")
            frame.pts, frame.time_base = index, Fraction(1, fps)
            container.mux(stream.encode(frame))
            pieces.cut()
    return pieces.done


class Pieces:
    """A file for PyAV that is cut where one likes."""

    def __init__(self) -> None:
        self.done: list[bytes] = []
        self._last = b""

    def write(self, data: bytes) -> int:
        self._last += bytes(data)
        return len(data)

    def cut(self) -> None:
        self.done.append(self._last)
        self._last = b""
