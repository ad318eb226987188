"""A scene as files: videos, ground truth in MOT format, calibration."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from scenes.camera import calibration
from scenes.ground_truth import PersonBox
from scenes.scene import Picture, Scene

MIN_VISIBILITY = 0.3
"""People of whom less is seen, or who are cut off to less, are ignore regions (column 7 is 0)."""
MIN_SEEN = 0.02
"""People of whom less is seen have no row."""
QUALITY_CRF = 22
"""Of H.264; larger is smaller and worse. 22 keeps two cameras of 12 s below 4 MB."""


class SmallVideo:
    """An H.264 file that takes its time to be small; the frames follow each other at a fixed rate."""

    def __init__(self, path: Path, width: int, height: int, fps: float) -> None:
        import av

        self._container = av.open(str(path), "w", options={"movflags": "+faststart"})
        rate = Fraction(fps).limit_denominator(1001)
        options = {"preset": "slow", "crf": str(QUALITY_CRF)}
        self._stream: Any = self._container.add_stream("libx264", rate=rate, options=options)
        self._stream.width, self._stream.height, self._stream.pix_fmt = width, height, "yuv420p"
        self._stream.codec_context.thread_count = 1  # the same file on every machine

    def write(self, image: NDArray[np.uint8]) -> None:
        """Append a frame, uint8 (H, W, 3), blue, green, red."""
        import av

        frame = av.VideoFrame.from_ndarray(image, format="bgr24")
        self._container.mux(self._stream.encode(frame))

    def __enter__(self) -> SmallVideo:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._container.mux(self._stream.encode(None))
        self._container.close()


def clip_box(box: NDArray[np.float64], width: int, height: int) -> NDArray[np.float64]:
    """A box cut at the borders of the picture, (4,)."""
    return np.clip(box, 0, [width, height, width, height])


def mot_row(frame: int, person: PersonBox, width: int, height: int) -> str | None:
    """One line of ground truth: the whole body inside the picture; None for somebody who cannot be seen.

    Args:
        frame: From 1.
        person: Who.
        width: Of the picture in pixels.
        height: Of the picture in pixels.
    """
    x1, y1, x2, y2 = clip_box(person.full, width, height)
    if person.visibility < MIN_SEEN or x2 - x1 < 1 or y2 - y1 < 1:
        return None
    counted = int(person.visibility >= MIN_VISIBILITY)
    box = f"{x1:.1f},{y1:.1f},{x2 - x1:.1f},{y2 - y1:.1f}"
    return f"{frame},{person.person_id},{box},{counted},1,{person.visibility:.2f}\n"


def write_scene(scene: Scene, folder: Path, progress: Callable[[], None] = lambda: None) -> None:
    """Write `<camera>.mp4`, `gt/<camera>.txt` and `cameras.yaml` into a folder.

    Args:
        scene: What to render.
        folder: Made if it does not exist.
        progress: Called after every instant.
    """
    options = scene.options
    (folder / "gt").mkdir(parents=True, exist_ok=True)
    videos = {
        camera.name: SmallVideo(folder / f"{camera.name}.mp4", options.width, options.height, options.fps)
        for camera in scene.cameras
    }
    rows: dict[str, list[str]] = {name: [] for name in videos}
    for pictures in scene.instants():
        for picture in pictures:
            videos[picture.camera].write(picture.image)
            rows[picture.camera] += picture_rows(picture)
        progress()
    for name, video in videos.items():
        video.__exit__(None, None, None)
        (folder / "gt" / f"{name}.txt").write_text("".join(rows[name]), encoding="utf-8")
    text = yaml.safe_dump(calibration(scene.cameras), sort_keys=False, default_flow_style=None, width=110)
    (folder / "cameras.yaml").write_text(CALIBRATION_HEADER + text, encoding="utf-8")


CALIBRATION_HEADER = """\
# Calibration of the rendered cameras: a world point X (metres, z up, floor at z = 0) lies at R @ X + t in camera axes
# (x right, y down, z forward), and at K @ (R @ X + t) in pixels after division by the last coordinate.
"""


def picture_rows(picture: Picture) -> list[str]:
    """The lines of ground truth of one picture."""
    height, width = picture.image.shape[:2]
    rows = [mot_row(picture.index + 1, person, width, height) for person in picture.people]
    return [row for row in rows if row is not None]
