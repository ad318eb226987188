"""Video files and streams, decoded by FFmpeg through PyAV."""

from __future__ import annotations

import logging
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from crosscam.base.errors import VideoError
from crosscam.base.secrets import without_secrets
from tracker.video.cut_off import ends_inside_packet, lacks_index
from tracker.video.options import StreamOptions
from tracker.video.sources import Image, file_address, is_address, is_surely_live

log = logging.getLogger(__name__)

DEFAULT_FPS = 25.0
"""Taken where a file or stream does not tell its rate."""
SMALL_FRAME_PX = 1280 * 720
"""Up to here one decoding thread is enough (under 5 ms a frame) and costs the least CPU: at 320x240 two threads took
10 to 20 % more of it, at 960x540 5 %, for no gain once several videos are read at the same time."""
MAX_FPS = 240.0
"""A higher declared rate is a time base that was taken for one, as in videos that browsers record."""
MAX_DAMAGED_IN_A_ROW = 300
"""Packets that fail one after the other before a video is given up; a stream that is joined between two key frames
fails for ten seconds at most."""
PROBED_FRAMES = 5
"""From which FFmpeg guesses the rate of a live stream; its 20 take two seconds at 10 frames per second, by which the
camera starts late and its first frame would seem younger than those of faster cameras."""
TRUNCATED_SHARE = 0.98
"""A file without a frame count is broken when it ends before this share of its declared duration..."""
TRUNCATED_MIN_S = 1.0
"""... and, where only the whole container declares one, by more than this, in seconds: those are not exact."""


class FileSource:
    """A video file or stream, decoded once from its start; see `Source`.

    Frames of another size than the first are resized to the first frame's; rotation marks of phones are applied.

    Args:
        source: Path or address.
        stall_s: A stream that gives no frame for so long, in seconds, is broken.

    Raises:
        VideoError: Missing, empty, not a video, no video in it, or a codec that FFmpeg does not have.
    """

    is_lost = False

    def __init__(self, source: str, stall_s: float = StreamOptions().stall_s) -> None:
        self._source = without_secrets(source)
        self._stall_s = stall_s
        self._container = _open(source, stall_s)
        try:
            self._stream = _video_stream(self._container, self._source)
            self._first = self._prepare()
        except BaseException:
            self._container.close()
            raise

    def _prepare(self) -> Any:
        """Decode the first frame: only it tells the true size, the rotation, and that the codec works."""
        import av

        stream, container = self._stream, self._container
        context = stream.codec_context
        if context.width * context.height <= SMALL_FRAME_PX:
            context.thread_count = 1
        else:
            stream.thread_type = "AUTO"
        self.fps = _nominal_fps(stream)
        self.time_base = (stream.time_base.numerator, stream.time_base.denominator)
        self.is_live = is_surely_live(self._source) or (is_address(self._source) and not container.duration)
        self.frames: int | None = stream.frames or None
        self.broken: str | None = None
        self.repaired: dict[str, int] = {}
        self._packets = 0
        self._decoded = 0
        self._last_stamp_s = 0.0
        self._reformatter = av.video.reformatter.VideoReformatter()  # kept: a new one per frame costs 0.3 ms
        self._decoder = self._decode()
        first = next(self._decoder, None)
        if first is None:
            raise VideoError(f"{self._source}: no frame can be decoded: {self.broken or 'the video is empty'}")
        self._rotation = int(getattr(first, "rotation", 0) or 0) % 360
        self.height, self.width = self._upright(first).shape[:2]
        return first

    def images(self) -> Iterator[tuple[float | None, Image]]:
        """(time stamp in seconds or None, uint8 (H, W, 3) BGR) of each frame in order of display."""
        yield self._first.time, self._image(self._first)
        self._first = None
        for frame in self._decoder:
            yield frame.time, self._image(frame)

    def close(self) -> None:
        """Close the file or connection."""
        self._container.close()

    def _decode(self) -> Iterator[Any]:
        """Frames up to the end or the break. A damaged packet is skipped while later ones still decode."""
        import av

        damaged = 0
        self._taken_s = time.monotonic()
        for packet in self._demux():
            self._packets += packet.size > 0
            try:
                frames = packet.decode()
            except (av.FFmpegError, OSError) as error:
                damaged += 1
                self._count("damaged_packets")
                if damaged > MAX_DAMAGED_IN_A_ROW:
                    self.broken = f"decoding failed after {self._decoded} frames: {_reason(error, self._stall_s)}"
                    return
                continue
            damaged = 0 if frames else damaged
            for frame in frames:
                self._decoded += 1
                self._last_stamp_s = frame.time if frame.time is not None else self._last_stamp_s
                yield frame
                self._taken_s = time.monotonic()
        if self.broken is None:
            self.broken = self._how_truncated(damaged)

    def _demux(self) -> Iterator[Any]:
        """Packets of the picture up to the end, or until reading fails or a live source stalls."""
        import av

        # Of a live source every packet is seen, so that sound without a picture is noticed too.
        packets = self._container.demux() if self.is_live else self._container.demux(self._stream)
        try:
            for packet in packets:
                if self.is_live and time.monotonic() - self._taken_s > self._stall_s:
                    self.broken = f"no frame for {self._stall_s:g} seconds"
                    return
                if packet.stream.index == self._stream.index:
                    yield packet
        except (av.FFmpegError, OSError) as error:
            self.broken = f"reading failed after {self._decoded} frames: {_reason(error, self._stall_s)}"

    def _how_truncated(self, damaged: int) -> str | None:
        """What is missing at the end of the file, or None."""
        if damaged:
            return f"ends after {self._decoded} frames with {damaged} damaged packets"
        if not is_address(self._source) and ends_inside_packet(Path(self._source)):
            return f"ends after {self._decoded} frames in the middle of a transport packet: the file is truncated"
        duration_s, slack_s = self._declared_duration_s()
        start_s = float((self._stream.start_time or 0) * self._stream.time_base)
        seen_s = self._last_stamp_s - start_s + 1 / self.fps
        if seen_s >= duration_s - slack_s - 1.5 / self.fps:
            return None
        if self.frames is not None:  # all packets seen: a last frame that is shown for long
            found = f"ends after {self._decoded} of {self.frames} frames: the file is truncated"
            return found if self._packets < self.frames else None
        if seen_s >= (duration_s - slack_s) * TRUNCATED_SHARE:
            return None
        return f"ends after {seen_s:.1f} of {duration_s:.1f} seconds: the file is truncated"

    def _declared_duration_s(self) -> tuple[float, float]:
        """The duration that the file promises for its picture, 0 without one, and how inexact it is; in seconds."""
        stream, container = self._stream, self._container
        if stream.duration:
            return float(stream.duration * stream.time_base), 0.0
        if container.duration and len(container.streams) == 1:  # a sound track may be longer than the picture
            return container.duration / 1e6, TRUNCATED_MIN_S
        return 0.0, 0.0

    def _image(self, frame: Any) -> Image:
        image = self._upright(frame)
        if image.shape[:2] != (self.height, self.width):
            if "resized_frames" not in self.repaired:
                found = f"{image.shape[1]}x{image.shape[0]}"
                log.warning(
                    "%s: frames change size to %s; resized to %dx%d", self._source, found, self.width, self.height
                )
            self._count("resized_frames")
            return cv2.resize(image, (self.width, self.height), interpolation=cv2.INTER_AREA)  # type: ignore[return-value]
        return image

    def _upright(self, frame: Any) -> Image:
        """The frame as BGR, turned as its rotation mark says."""
        image: Any = self._reformatter.reformat(frame, format="bgr24", threads=1).to_ndarray()
        turns = self._rotation // 90
        return np.ascontiguousarray(np.rot90(image, turns)) if turns else image

    def _count(self, kind: str) -> None:
        self.repaired[kind] = self.repaired.get(kind, 0) + 1


def _open(source: str, stall_s: float) -> Any:
    """The opened container."""
    import av

    remote = is_address(source)
    if not remote:
        _check_file(Path(source))
    options = {"fpsprobesize": str(PROBED_FRAMES)} if is_surely_live(source) else {}
    if source.lower().startswith("rtsp"):
        options["rtsp_transport"] = "tcp"
    timeout = (stall_s, stall_s) if remote else None
    try:
        return av.open(source if remote else file_address(source), options=options, timeout=timeout)
    except (av.FFmpegError, OSError, ValueError) as error:
        kind = "stream" if remote else "video"
        expected = "check the address" if remote else "expected a video file (mp4, mkv, avi, webm, ...)"
        if not remote and lacks_index(Path(source)):
            expected = "its index (moov) is missing: the recording was cut off; leave it out or repair it"
        raise VideoError(
            f"cannot open {kind} {without_secrets(source)}: {_reason(error, stall_s)}; {expected}"
        ) from error


def _check_file(path: Path) -> None:
    try:
        status = path.stat()
    except (OSError, ValueError) as error:
        raise VideoError(f"cannot open video {path}: {getattr(error, 'strerror', None) or error}") from error
    if status.st_size == 0 and stat.S_ISREG(status.st_mode):
        raise VideoError(f"cannot open video {path}: the file is empty (0 bytes)")


def _video_stream(container: Any, source: str) -> Any:
    """The first stream of pictures that a decoder exists for."""
    videos = container.streams.video
    if not videos:
        kinds = ", ".join(stream.type for stream in container.streams) or "nothing"
        raise VideoError(f"{source}: no video in it, found {kinds}; expected a video stream")
    if videos[0].codec_context is None:
        raise VideoError(f"{source}: no decoder for its video codec; expected H.264, H.265, VP9, AV1, MPEG-4, ...")
    return videos[0]


def _nominal_fps(stream: Any) -> float:
    """Frames per second as declared, where that can be true."""
    rates = (float(rate) for rate in (stream.average_rate, stream.guessed_rate, stream.base_rate) if rate)
    return next((rate for rate in rates if 0 < rate <= MAX_FPS), DEFAULT_FPS)


def _reason(error: Exception, stall_s: float) -> str:
    """FFmpeg's message without its error number and file name."""
    import av

    if isinstance(error, av.error.ExitError):  # what a timeout looks like
        return f"no answer within {stall_s:g} seconds"
    return str(getattr(error, "strerror", None) or error)
