"""What a user asks a run for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class RunRequest:
    """What to track and where to write.

    Attributes:
        videos: Files, folders of images, `img1/` folders or stream addresses.
        output: Folder for the results.
        cameras: YAML with time offsets, calibration and travel times of the cameras (see `cross_camera.floor.cameras`).
        gallery: SQLite file that keeps people's numbers between runs.
        max_frames: Stop each video after this many frames.
        quiet: No progress bars and no closing table.
        overwrite: The results of another run in the output folder may be replaced.
    """

    videos: Sequence[str]
    output: str | Path = "output"
    cameras: str | Path | None = None
    gallery: str | Path | None = None
    max_frames: int | None = None
    quiet: bool = False
    overwrite: bool = False
