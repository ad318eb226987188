"""Folders of images in natural order, and MOTChallenge sequences (`img1/` beside `seqinfo.ini`)."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2

from crosscam.base.errors import VideoError
from crosscam.base.images import Image, read_image
from crosscam.base.names import natural_key
from tracker.formats.seqinfo import read_sequence_info
from tracker.video.sources import IMAGE_SUFFIXES

log = logging.getLogger(__name__)

TICKS_PER_S = 90_000
"""Time base of images: every usual rate, 23.976 to 60 frames per second, is a whole number of ticks."""


class ImageFolderSource:
    """A folder of images as a video of constant rate; see `Source`.

    A folder that contains `img1/` is a MOTChallenge sequence; its rate is `frameRate` of `seqinfo.ini`, that of any
    other folder is 25 frames per second. Images of another size than the first are resized to it. For an image that
    cannot be read the one before it stands in, so that the numbers of all others stay; `broken` tells how many.

    Raises:
        InputError: No readable image in the folder, or a wrong `seqinfo.ini`.
    """

    is_live = is_lost = False

    def __init__(self, folder: str) -> None:
        root = Path(folder)
        images = root / "img1" if (root / "img1").is_dir() else root
        self._files = sorted(
            (
                path
                for path in images.iterdir()
                if path.suffix.lower() in IMAGE_SUFFIXES and not path.name.startswith(".")
            ),
            key=natural_key,
        )
        if not self._files:
            raise VideoError(f"{images}: no images in the folder; expected files such as 000001.jpg")
        readable = ((path, image) for path in self._files if (image := read_image(path)) is not None)
        found = next(readable, None)
        if found is None:
            raise VideoError(
                f"{images}: none of the {len(self._files)} images can be read, the first is {self._files[0].name}"
            )
        self._first, first = found
        self.height, self.width = first.shape[:2]
        self.frames: int | None = len(self._files)
        self.fps = read_sequence_info((images.parent if images.name == "img1" else images) / "seqinfo.ini").fps
        self.time_base = (1, TICKS_PER_S)
        self.broken: str | None = None
        self.repaired: dict[str, int] = {}

    def images(self) -> Iterator[tuple[float | None, Image]]:
        """(time in seconds, uint8 (H, W, 3) BGR) of each image."""
        shown, unreadable = self._first, []
        for index, path in enumerate(self._files):
            image = read_image(path)
            if image is None:
                unreadable.append(path.name)
                self._tell(unreadable)
                image = read_image(shown)  # again: whoever took the frame may have drawn into it
            else:
                shown = path
            if image is None:
                self.broken = f"ends after {index} of {len(self._files)} images: {shown.name} is gone"
                return
            yield index / self.fps, self._fit(image, path)

    def close(self) -> None:
        """Nothing is kept open."""

    def _tell(self, unreadable: Sequence[str]) -> None:
        self.repaired["unreadable_images"] = len(unreadable)
        self.broken = (
            f"{len(unreadable)} of {len(self._files)} images cannot be read, the first is {unreadable[0]}; "
            "the image before stands in"
        )

    def _fit(self, image: Image, path: Path) -> Image:
        if image.shape[:2] == (self.height, self.width):
            return image
        if "resized_frames" not in self.repaired:
            found = f"{image.shape[1]}x{image.shape[0]}"
            log.warning(
                "%s: size %s differs from the first image; resized to %dx%d", path, found, self.width, self.height
            )
        self.repaired["resized_frames"] = self.repaired.get("resized_frames", 0) + 1
        return cv2.resize(image, (self.width, self.height), interpolation=cv2.INTER_AREA)  # type: ignore[return-value]
