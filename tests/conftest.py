"""Fixtures that all tests share: where things are, and a small scene of walking people with known identities."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parent.parent

CLOTHES = np.array(
    [  # BGR of upper and lower body
        [[40, 40, 200], [150, 90, 30]],
        [[190, 160, 40], [40, 40, 45]],
        [[60, 170, 60], [200, 200, 205]],
        [[40, 190, 210], [90, 40, 90]],
    ],
    np.uint8,
)


@pytest.fixture
def repo_root() -> Path:
    """The repository's root folder."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """The development data folder; the test is skipped where it is absent."""
    folder = Path(os.environ.get("CROSSCAM_SHARED", ROOT.parent / "shared"))
    if not (folder / "data").is_dir():
        pytest.skip(f"development data not found in {folder}; set CROSSCAM_SHARED")
    return folder


@dataclass(frozen=True)
class Scene:
    """Two-coloured boxes that walk through several cameras, one after the other.

    Attributes:
        videos: One H.264 file per camera.
        detections: One MOT text file per video, with the true boxes.
        truth: Camera name -> rows (frame from 1, person from 1, left, top, width, height).
    """

    videos: list[Path]
    detections: list[Path]
    truth: dict[str, np.ndarray]


def walking_rows(people: int, frames: int, camera: int, size: tuple[int, int], fps: int | Fraction = 10) -> np.ndarray:
    """Person p crosses camera c from second 1.5 p + 0.6 c on, in its own lane: (R, 6) rows as in `Scene.truth`."""
    width, height = size
    rows = []
    for person in range(people):
        for step in range(frames):
            left = -30 + 6.0 * (float(step * 10 / fps) - 15 * person - 6 * camera)
            if 0 <= left <= width - 30:
                top = 20 + (height - 110) * person / max(people - 1, 1)
                rows.append([step + 1, person + 1, left, top, 30, 80])
    return np.array(rows).reshape(-1, 6)


def draw_people(rows: np.ndarray, size: tuple[int, int], noise: np.ndarray) -> np.ndarray:
    """A grey frame with one two-coloured box per row, uint8 (H, W, 3) BGR."""
    image = np.full((size[1], size[0], 3), 128, np.uint8)
    for _, person, left, top, width, height in rows:
        x, y, w, h = int(left), int(top), int(width), int(height)
        image[y : y + h // 2, x : x + w] = CLOTHES[int(person) - 1, 0]
        image[y + h // 2 : y + h, x : x + w] = CLOTHES[int(person) - 1, 1]
    return np.clip(image.astype(np.int16) + noise, 0, 255).astype(np.uint8)


def encode_video(path: Path, images: list[np.ndarray], fps: int | Fraction = 10) -> Path:
    """Write frames as H.264 at a constant rate."""
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=fps)
        stream.height, stream.width = images[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        stream.time_base = Fraction(1, fps)
        for image in images:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        container.mux(stream.encode())
    return path


@pytest.fixture(scope="session")
def make_video() -> Callable[..., Path]:
    """`make_video(path, images, fps=10)` writes an H.264 file and returns its path."""
    return encode_video


@pytest.fixture(scope="session")
def make_scene() -> Callable[..., Scene]:
    """`make_scene(folder, people=3, cameras=2, frames=70)` writes a `Scene` of 7 s into the folder.

    `rates` gives each camera its own frames per second instead of 10, and as many frames as take the same time.
    """

    def make(
        folder: Path, people: int = 3, cameras: int = 2, frames: int = 70, rates: Sequence[int | Fraction] = ()
    ) -> Scene:
        size = (160, 240)
        random = np.random.default_rng(0)
        videos, detections, truth = [], [], {}
        for camera, fps in enumerate(rates or [10] * cameras):
            name = f"cam{camera + 1}"
            count = int(frames * fps / 10)
            rows = walking_rows(people, count, camera, size, fps)
            noise = random.integers(-8, 9, (count, size[1], size[0], 3), dtype=np.int16)
            images = [draw_people(rows[rows[:, 0] == i + 1], size, noise[i]) for i in range(count)]
            videos.append(encode_video(folder / f"{name}.mp4", images, fps))
            lines = [f"{r[0]:.0f},-1,{r[2]},{r[3]},{r[4]},{r[5]},0.9,-1,-1,-1" for r in rows]
            detections.append(folder / f"{name}.txt")
            detections[-1].write_text("\n".join(lines) + "\n", encoding="utf-8")
            truth[name] = rows
        return Scene(videos, detections, truth)

    return make
