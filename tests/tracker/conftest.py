"""Cameras on this computer (MPEG-TS over TCP in real time, which can be cut off, stalled and brought back), walking
boxes with known identities, and a small result of two people in two cameras."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av
import numpy as np
import pytest

from tracker.structures import CameraInfo, Detections, Frame, Identity, TrackingResult, Tracklet

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


IMAGE = np.zeros((720, 1280, 3), np.uint8)


@dataclass(frozen=True)
class Scenes:
    """Makers of frames and detections."""

    fps: float = 25.0

    def frame(self, index: int, camera: str = "cam") -> Frame:
        """Frame number `index` of a 1280x720 video."""
        return Frame(camera, index, index / self.fps, IMAGE)

    def looks(self, people: int, dimension: int = 32, seed: int = 0) -> np.ndarray:
        """Unit vectors (people, dimension), far from each other."""
        vectors = np.random.default_rng(seed).normal(size=(people, dimension)).astype(np.float32)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    def walkers(self, people: int, frames: int, seed: int = 0, with_looks: bool = True) -> list[Detections]:
        """People on rows of their own who walk at constant speed; detection i is person i in every frame."""
        rng = np.random.default_rng(seed)
        y = np.arange(people) * 60.0
        x, speed = rng.uniform(100, 900, people), rng.uniform(-3, 3, people)
        scene = []
        for t in range(frames):
            left_top = np.stack([x + speed * t, y], axis=1) + rng.normal(0, 0.3, (people, 2))
            boxes = np.concatenate([left_top, left_top + np.array([20.0, 50.0])], axis=1).astype(np.float32)
            noisy = self.looks(people) + rng.normal(0, 0.02, (people, 32)).astype(np.float32)
            noisy /= np.linalg.norm(noisy, axis=1, keepdims=True)
            scene.append(Detections(boxes, np.full(people, 0.9, np.float32), noisy if with_looks else None))
        return scene


@pytest.fixture(scope="session")
def scenes() -> Scenes:
    """See `Scenes`."""
    return Scenes()


MakeTracklet = Callable[..., Tracklet]


def build_tracklet(
    camera: str = "cam1", track_id: int = 1, start: int = 0, count: int = 10, left: float = 10.0, dimension: int = 4
) -> Tracklet:
    """A box of 20 x 50 pixels that moves one pixel to the right per frame, at 25 frames per second."""
    frames = np.arange(start, start + count)
    x = (left + np.arange(count))[:, None]
    y = np.full((count, 1), 20.0)
    boxes = np.concatenate([x, y, x + 20, y + 50], axis=1).astype(np.float32)
    random = np.random.default_rng(track_id)
    samples = random.normal(size=(3, dimension)).astype(np.float32)
    samples /= np.linalg.norm(samples, axis=1, keepdims=True)
    return Tracklet(
        camera,
        track_id,
        frames,
        frames / 25,
        boxes,
        np.linspace(0.5, 0.9, count, dtype=np.float32),
        samples[0],
        samples,
        np.array([0.9, 0.8, 0.7], np.float32),
        frames[:3],
    )


@pytest.fixture
def make_tracklet() -> MakeTracklet:
    return build_tracklet


@pytest.fixture
def result() -> TrackingResult:
    cameras = tuple(CameraInfo(name, f"videos/{name}.mp4", 25.0, 100, 160, 120) for name in ("cam1", "cam2"))
    one = (build_tracklet("cam1", 1), build_tracklet("cam2", 1, start=40))
    two = (build_tracklet("cam1", 2, start=5, left=80),)
    return TrackingResult(cameras, (Identity(1, one, (1.0, 0.75)), Identity(2, two, (0.5,))))


@pytest.fixture
def make_frame() -> Callable[..., Frame]:
    """A frame of noise, so that crops of different places differ."""

    def make(camera: str = "cam1", index: int = 0, width: int = 160, height: int = 120) -> Frame:
        image = np.random.default_rng(index).integers(0, 255, (height, width, 3), np.uint8)
        return Frame(camera, index, index / 25, image)

    return make
