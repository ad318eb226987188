"""H.264 videos that play in a browser and keep the frame times of their input.

    with VideoWriter("out/cam1.mp4", reader.width, reader.height, reader.fps, reader.time_base) as writer:
        writer.write(image, time_s)             # times increase; rates may vary

Encoding runs in the caller's thread, or in one of its own (`threaded=True`) while the caller draws the next frame.
"""

from __future__ import annotations

import contextlib
import os
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from crosscam.base.errors import VideoError
from crosscam.base.files import new_part
from tracker.video.encoder_thread import EncoderThread
from tracker.video.sources import file_address

QUALITY_CRF = 24
X264_OPTIONS = "deblock=0,0:bframes=2:b-adapt=0:subme=1:keyint=250"
"""On top of the preset `ultrafast`. Measured on 80 frames of MOT16-11 at 960x540, one thread: 3.6 ms a frame, 1.05 MB,
39.8 dB; preset `superfast` at crf 23 takes 5.7 ms for 0.90 MB, 39.1 dB, plain `ultrafast` 2.6 ms for 1.87 MB, 39.2 dB,
`veryfast` 9.9 ms for 0.70 MB, 39.1 dB."""
WHOLE = {"movflags": "+faststart"}
RECORDING = {
    "movflags": "+frag_keyframe+empty_moov+default_base_moof",
    "frag_duration": "2000000",
    "flush_packets": "1",
}
MAX_TICKS_PER_S = 1_000_000
FALLBACK_TICKS_PER_S = 90_000


class VideoWriter:
    """Encodes one video under a temporary name beside `path`; it takes its name when it is whole.

    Leaving the `with` block by an exception removes the unfinished file, unless `is_recording`: then it is closed
    properly and kept. A recording is written in fragments of two seconds, so that even after a crash its temporary
    file, `.<name>.part`, plays up to there.

    Args:
        path: Of the finished .mp4 file.
        width: Of the images, in pixels; an odd size gains one column or row, as H.264 4:2:0 needs.
        height: Of the images, in pixels.
        fps: Nominal rate, in frames per second; the frames' own times decide.
        time_base: Seconds per tick, (numerator, denominator): that of the input keeps its time stamps exactly.
        threaded: Encode in a thread of its own.
        is_recording: Of a live source: what was written is never lost.
        encoder_threads: Of the encoder itself; one costs the least CPU, and several videos run side by side anyway.

    Raises:
        VideoError: The file cannot be created.
    """

    def __init__(
        self,
        path: str | Path,
        width: int,
        height: int,
        fps: float,
        time_base: tuple[int, int] = (1, FALLBACK_TICKS_PER_S),
        threaded: bool = False,
        is_recording: bool = False,
        encoder_threads: int = 1,
    ) -> None:
        self.path = Path(path)
        self.frames_written = 0
        self._size = (height, width)
        self._padding = (height % 2, width % 2)
        self._time_base = _fine_time_base(time_base, fps)
        self._is_recording = is_recording
        self._last_pts = -1
        self._container, self._stream = self._open(fps, encoder_threads)
        self._encoder = EncoderThread(self._encode) if threaded else None

    def write(self, image: NDArray[np.uint8], time_s: float) -> None:
        """Append a frame.

        Args:
            image: uint8 (H, W, 3) BGR of the writer's size. With `threaded` it must not be changed afterwards.
            time_s: Seconds since the start of the video; later than the frame before by at least one tick.

        Raises:
            VideoError: The file cannot be written, as when the disk is full.
            ValueError: The image has another size.
        """
        if image.shape[:2] != self._size:
            raise ValueError(f"image must have (height, width) {self._size}, got {image.shape[:2]}")
        if self._encoder is None:
            self._encode(image, time_s)
        else:
            self._encoder.put(image, time_s)

    def close(self) -> None:
        """Finish the file and give it its name. Without any frame there is no file.

        Raises:
            VideoError: The file cannot be written.
        """
        try:
            if self._encoder is not None:
                self._encoder.finish()
            with self._reported():
                if self.frames_written:
                    self._container.mux(self._stream.encode(None))
                self._container.close()
                if self.frames_written:
                    os.replace(self._part, self.path)
        finally:
            self._remove_part()

    def discard(self) -> None:
        """Stop and remove the unfinished file."""
        if self._encoder is not None:
            self._encoder.cancel()
        with contextlib.suppress(Exception):  # the disk may be full, which is why we are here
            self._container.close()
        self._remove_part()

    def __enter__(self) -> VideoWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None or (self._is_recording and not isinstance(error, VideoError)):
            self.close()
        else:
            self.discard()

    def _remove_part(self) -> None:
        with contextlib.suppress(OSError):
            self._part.unlink(missing_ok=True)

    def _open(self, fps: float, threads: int) -> tuple[Any, Any]:
        import av

        with self._reported():
            self._part = new_part(self.path)  # FFmpeg opens the file late; a folder that cannot be written shows now
            container = av.open(
                file_address(self._part), "w", format="mp4", options=RECORDING if self._is_recording else WHOLE
            )
            options = {"preset": "ultrafast", "crf": str(QUALITY_CRF), "x264-params": X264_OPTIONS}
            rate = Fraction(fps).limit_denominator(1001)
            stream = container.add_stream("libx264", rate=rate, options=options)
            stream.height, stream.width = (self._size[0] + self._padding[0], self._size[1] + self._padding[1])
            stream.pix_fmt = "yuv420p"
            stream.codec_context.thread_count = threads
            stream.codec_context.time_base = self._time_base
            stream.codec_context.colorspace = 6  # BT.601 limited range, which is what OpenCV converts to
            stream.codec_context.color_range = 1
        return container, stream

    def _encode(self, image: NDArray[np.uint8], time_s: float) -> None:
        import av

        if any(self._padding):
            image = cv2.copyMakeBorder(  # type: ignore[assignment]
                image, 0, self._padding[0], 0, self._padding[1], cv2.BORDER_REPLICATE
            )
        planes: Any = cv2.cvtColor(image, cv2.COLOR_BGR2YUV_I420)  # three times faster than through swscale
        frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        self._last_pts = frame.pts = max(round(time_s / self._time_base), self._last_pts + 1)
        frame.time_base = self._time_base
        with self._reported():
            self._container.mux(self._stream.encode(frame))
        self.frames_written += 1

    @contextlib.contextmanager
    def _reported(self) -> Any:
        """Turn errors of the system and of FFmpeg into one line."""
        import av

        try:
            yield
        except (av.FFmpegError, OSError) as error:
            raise VideoError(f"cannot write video {self.path}: {error.strerror or error}") from error


def _fine_time_base(time_base: tuple[int, int], fps: float) -> Fraction:
    """A tick of 1/n seconds that the input's ticks are multiples of; MP4 wants whole ticks per second."""
    denominator = time_base[1]
    return Fraction(1, denominator if fps < denominator <= MAX_TICKS_PER_S else FALLBACK_TICKS_PER_S)
