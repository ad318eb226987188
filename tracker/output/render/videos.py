"""The second pass: read the videos again, draw who is who, write them as H.264.

render_videos([RenderJob(reader.reopen, camera_tracks(result, reader.name), folder / f"{reader.name}.mp4"), ...])
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

from tracker.formats.camera_tracks import CameraTracks
from tracker.output.render.annotator import Annotator
from tracker.video.reader import VideoReader
from tracker.video.writer import VideoWriter

OnFrame = Callable[[str], None]
"""Called with the camera's name after each frame, from several threads."""
MAX_ENCODER_THREADS = 4
WAKE_S = 0.5
"""Waits are cut into pieces of this length, so that Ctrl-C is noticed on every system."""


def available_cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True, eq=False)
class RenderJob:
    """One video to draw.

    Attributes:
        open_reader: Opens the input; called in the thread that draws.
        tracks: Who is where.
        path: Of the finished .mp4 file.
    """

    open_reader: Callable[[], VideoReader]
    tracks: CameraTracks
    path: Path


def render_video(
    job: RenderJob,
    trail_s: float = 1.5,
    on_frame: OnFrame | None = None,
    stop: threading.Event | None = None,
    encoder_threads: int = 1,
) -> int:
    """Draw one video; returns the number of frames. Set `stop` to give up: then no file is left.

    Raises:
        VideoError: The input cannot be read again, or the file cannot be written.
    """
    with job.open_reader() as reader:
        annotator = Annotator(reader.name, reader.width, reader.height, trail_s)
        size = (reader.width, reader.height)
        with VideoWriter(job.path, *size, reader.fps, reader.time_base, encoder_threads=encoder_threads) as writer:
            for frame in reader:
                if stop is not None and stop.is_set():
                    raise InterruptedError("drawing was stopped")
                annotator.draw(frame.image, frame.time_s, *job.tracks.at(frame.index))  # the frame is ours alone
                writer.write(frame.image, frame.time_s - reader.offset_s)
                if on_frame is not None:
                    on_frame(reader.name)
        return reader.frames_read


def render_videos(
    jobs: Sequence[RenderJob], threads: int = 2, trail_s: float = 1.5, on_frame: OnFrame | None = None
) -> None:
    """Draw several videos side by side; PyAV and OpenCV work outside the interpreter lock.

    On an error or Ctrl-C every video that is not yet whole is given up, and nothing of it stays.

    Raises:
        VideoError: As `render_video`; the first one that occurs.
    """
    stop = threading.Event()
    share = max(1, min(available_cores() // max(1, min(threads, len(jobs))), MAX_ENCODER_THREADS))
    with ThreadPoolExecutor(threads, thread_name_prefix="render") as pool:
        running = {pool.submit(render_video, job, trail_s, on_frame, stop, share) for job in jobs}
        try:
            while running:
                done, running = wait(running, WAKE_S, FIRST_EXCEPTION)
                for future in done:
                    future.result()
        except BaseException:
            stop.set()
            pool.shutdown(wait=True, cancel_futures=True)
            raise
