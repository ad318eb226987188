"""Videos, image folders and streams as frames with times, decoded in a thread of their own.

    with open_video("cam1.mp4") as reader:      # VideoReader: name, fps, width, height, frames, is_live
        for frame in reader:                    # tracker.structures.Frame
            ...
    reader.broken                               # None, or why the video ended early, or is lost at the moment
    reader.repaired                             # {"backward_timestamps": 2, ...}
    with reader.reopen() as again:              # the same frames once more, for the drawing pass
        ...

Time stamps are the video's own, variable rates included; the first frame is at `offset_s` on the shared clock. A live
stream that breaks is opened again (see `live_source`), and its frames after the gap have their true times.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import TracebackType

from crosscam.base.errors import VideoError
from crosscam.base.secrets import without_secrets
from tracker.structures import CameraInfo, Frame
from tracker.video.frame_queue import FrameQueue
from tracker.video.live_source import LiveSource
from tracker.video.names import camera_name
from tracker.video.options import StreamOptions
from tracker.video.sources import Source, is_address, is_surely_live, is_webcam
from tracker.video.timestamps import TimestampRepair

LOGGER = logging.getLogger(__name__)
QUEUE_BYTES = 48 * 1024 * 1024
"""Decoded frames that may wait in one queue, in bytes."""
LONGEST_REASON = 300
"""Characters that are kept of an unexpected error."""
MIN_QUEUE, MAX_QUEUE = 2, 16
UNKNOWN_FRAME_PX = 1920 * 1080
"""Taken for the size of a frame that no one has seen yet."""
JOIN_TIMEOUT_S = 3.0
"""How long closing waits for a decoder that hangs in a dead connection; its thread ends by itself later."""
LOST_JOIN_TIMEOUT_S = 0.2
"""The same for a camera that is just being opened again: there is nothing to lose."""


class VideoReader:
    """One camera's frames in order. Iterates once; `reopen` reads again.

    Attributes:
        source: As the user gave it.
        name: The camera's name, `camera_id` of its frames.
        frames: Number of frames to expect, or None where it is not known.
        is_live: A stream: cannot be read again, and drops frames that nobody takes in time.
        frames_read: Frames handed out so far.
    """

    def __init__(
        self,
        opened: Source,
        source: str,
        name: str,
        offset_s: float = 0.0,
        max_frames: int | None = None,
        origin_s: float | None = None,
        closed: threading.Event | None = None,
    ) -> None:
        self.source = source
        self.name = name
        self.is_live = opened.is_live
        known = [count for count in (opened.frames, max_frames) if count is not None]
        self.frames = None if opened.frames is None and not self.is_live else min(known, default=None)
        self.frames_read = 0
        self.offset_s = offset_s
        self._opened = opened
        self._max_frames = max_frames
        self._origin_s = time.monotonic() if origin_s is None else origin_s
        self._repair = TimestampRepair(1 / opened.fps)
        frame_bytes = 3 * (self.width * self.height or UNKNOWN_FRAME_PX)
        size = min(max(QUEUE_BYTES // frame_bytes, MIN_QUEUE), MAX_QUEUE)
        self._queue = FrameQueue(size, drops_oldest=self.is_live)
        self._thread: threading.Thread | None = None
        self._span_s = (0.0, 0.0)
        self._failure: str | None = None
        self._closed = closed or threading.Event()

    @property
    def fps(self) -> float:
        """Nominal frame rate, in frames per second."""
        return self._opened.fps

    @property
    def width(self) -> int:
        """Of the frame, in pixels; 0 as long as a live source could not be opened at all."""
        return self._opened.width

    @property
    def height(self) -> int:
        """Of the frame, in pixels; 0 as long as a live source could not be opened at all."""
        return self._opened.height

    @property
    def time_base(self) -> tuple[int, int]:
        """Seconds per tick of the time stamps, (numerator, denominator)."""
        return self._opened.time_base

    @property
    def is_lost(self) -> bool:
        """Whether a live source has no connection at the moment; it may come back."""
        return self._opened.is_lost

    @property
    def broken(self) -> str | None:
        """Why the video ended early or is lost, in one line, or None. Set once its last frame was handed out."""
        reason = self._failure or self._opened.broken
        return None if reason is None else f"{without_secrets(self.source)}: {reason}"

    @property
    def repaired(self) -> dict[str, int]:
        """How often something in the video was mended so far, by kind."""
        dropped = {"dropped_frames": self._queue.dropped} if self._queue.dropped else {}
        return {**self._opened.repaired, **self._repair.counts(), **dropped}

    @property
    def is_exhausted(self) -> bool:
        """Whether the last frame was handed out."""
        return self._closed.is_set() or self._queue.is_exhausted

    def info(self) -> CameraInfo:
        """What the writers need to know; complete after the last frame. `fps` is then the mean rate of the frames."""
        start_s, end_s = self._span_s
        mean_fps = (self.frames_read - 1) / (end_s - start_s) if end_s > start_s else self.fps
        source = without_secrets(self.source)
        return CameraInfo(self.name, source, round(mean_fps, 3), self.frames_read, self.width, self.height)

    def start(self) -> None:
        """Begin to decode ahead; iterating does it too."""
        if self._thread is None and not self._closed.is_set():
            self._thread = threading.Thread(target=self._decode, name=f"decode {self.name}", daemon=True)
            self._thread.start()

    def poll(self, timeout_s: float | None = None) -> Frame | None:
        """The next frame; None at the end (`is_exhausted`), or when none came within `timeout_s`."""
        if self._closed.is_set():
            return None
        self.start()
        frame = self._queue.get(timeout_s)
        if frame is not None:
            self._span_s = (self._span_s[0] if self.frames_read else frame.time_s, frame.time_s)
            self.frames_read += 1
        return frame

    def reopen(self) -> VideoReader:
        """A reader of the same video from its start, with the same name, clock and limit.

        Raises:
            VideoError: It is live, or has become unreadable since.
        """
        if self.is_live:
            raise VideoError(f"{self.source}: a live stream cannot be read a second time")
        return open_video(self.source, self.name, self.offset_s, self._max_frames)

    def close(self) -> None:
        """Stop decoding and free the file; frames not yet taken are lost."""
        self._closed.set()
        self._queue.close()
        if self._thread is None:
            self._opened.close()
        elif self._thread is not threading.current_thread():
            self._thread.join(LOST_JOIN_TIMEOUT_S if self.is_lost else JOIN_TIMEOUT_S)

    def __iter__(self) -> Iterator[Frame]:
        return self

    def __next__(self) -> Frame:
        frame = self.poll()
        if frame is None:
            raise StopIteration
        return frame

    def __enter__(self) -> VideoReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _decode(self) -> None:
        """The thread: decode, mend the time, put. The source is closed by the thread that used it.

        Whatever goes wrong here ends this camera alone, and is told as what broke it.
        """
        try:
            start_s = self.offset_s
            for index, (stamp_s, image) in enumerate(self._opened.images()):
                if self.is_live and index == 0 and stamp_s is not None:
                    start_s += stamp_s - self._origin_s
                time_s = start_s + self._repair(stamp_s)
                if not self._queue.put(Frame(self.name, index, time_s, image)):
                    break
                if self._max_frames is not None and index + 1 >= self._max_frames:
                    break
        except Exception as error:
            LOGGER.debug("decoding %s failed", self.name, exc_info=True)
            self._failure = without_secrets(f"decoding failed: {type(error).__name__} {error}"[:LONGEST_REASON])
        finally:
            self._opened.close()
            self._queue.end()


def open_video(
    source: str,
    name: str | None = None,
    offset_s: float = 0.0,
    max_frames: int | None = None,
    origin_s: float | None = None,
    streams: StreamOptions | None = None,
    may_be_lost: bool = False,
) -> VideoReader:
    """Open a file, a folder of images, an `img1/` sequence, a stream address or a webcam's number.

    Args:
        source: Path, address or number.
        name: The camera's name; by default that of the file, folder or stream.
        offset_s: Added to every time: when this camera started on the clock that the cameras share, in seconds.
        max_frames: Stop after this many frames.
        origin_s: For live sources: the moment of `time.monotonic()` that is second 0; give all cameras the same one.
        streams: When a live source is broken, and how it is opened again.
        may_be_lost: A stream or webcam that cannot be opened is no error: the reader `is_lost`, and goes on trying.

    Raises:
        VideoError: It cannot be read, or not as a video; the message names it, what was found and what was expected.
    """
    if max_frames is not None and max_frames < 1:
        raise ValueError(f"max_frames must be at least 1, got {max_frames}")
    name = name or camera_name(source)
    closed = threading.Event()
    opened = _open_lasting(source, name, streams or StreamOptions(), closed, may_be_lost)
    return VideoReader(opened, source, name, offset_s, max_frames, origin_s, closed)


def _open_lasting(source: str, name: str, streams: StreamOptions, closed: threading.Event, may_be_lost: bool) -> Source:
    """The opened source; a live one inside of a `LiveSource`."""
    connect = partial(_open_source, source, streams.stall_s)
    try:
        opened = connect()
    except VideoError as error:
        if not (may_be_lost and is_surely_live(source)):
            raise
        return LiveSource(name, connect, streams, closed, error)
    return LiveSource(name, connect, streams, closed, opened) if opened.is_live else opened


def _open_source(source: str, stall_s: float) -> Source:
    if is_webcam(source):
        from tracker.video.webcam_source import WebcamSource

        return WebcamSource(int(source))
    if not is_address(source) and Path(source).is_dir():
        from tracker.video.image_source import ImageFolderSource

        return ImageFolderSource(source)
    from tracker.video.file_source import FileSource

    return FileSource(source, stall_s)
