"""Annotated videos: the right colour at the right place, times kept, and nothing half done."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from crosscam.base.errors import VideoError
from tracker.formats.camera_tracks import CameraTracks, camera_tracks
from tracker.output.render.annotator import Annotator
from tracker.output.render.colors import identity_color
from tracker.output.render.videos import RenderJob, render_video, render_videos
from tracker.structures import TrackingResult
from tracker.video.reader import open_video
from tracker.video.writer import VideoWriter

NOBODY = (np.zeros(0, np.int64), np.zeros((0, 4), np.float32), np.zeros(0, np.float32))


def one(identity: int, box: tuple[float, float, float, float], score: float = 1.0) -> tuple:
    return np.array([identity]), np.array([box], np.float32), np.array([score], np.float32)


def black(width: int = 320, height: int = 240) -> np.ndarray:
    return np.zeros((height, width, 3), np.uint8)


@pytest.fixture
def video(tmp_path: Path) -> Path:
    """20 grey frames of 160x120 at uneven times."""
    path = tmp_path / "cam1.mp4"
    with VideoWriter(path, 160, 120, 25.0) as writer:
        for index in range(20):
            writer.write(np.full((120, 160, 3), 90, np.uint8), index / 25 + (index % 3) / 100)
    return path


def test_a_box_has_the_color_of_its_identity() -> None:
    image = Annotator("cam1", 320, 240).draw(black(), 0.0, *one(7, (100, 80, 160, 200)))
    assert tuple(image[140, 100]) == identity_color(7)
    assert tuple(image[140, 160]) == identity_color(7)
    assert not image[140, 130].any()


def test_a_filled_in_box_is_thinner() -> None:
    found = Annotator("a", 320, 240).draw(black(), 0.0, *one(1, (100, 80, 160, 200), 0.9))
    filled = Annotator("a", 320, 240).draw(black(), 0.0, *one(1, (100, 80, 160, 200), 0.0))
    assert filled[150].any(axis=1).sum() < found[150].any(axis=1).sum()


@pytest.mark.parametrize("box", [(0, 0, 30, 60), (300, 200, 330, 260), (-20, -30, 20, 40), (0, 0, 320, 240)])
def test_numbers_stay_inside_the_picture(box: tuple[float, float, float, float]) -> None:
    image = Annotator("a", 320, 240).draw(black(), 0.0, *one(123, box))
    color = np.array(identity_color(123))
    assert (image == color).all(axis=2).sum() > 100


def test_the_trail_follows_the_feet_and_ends_in_time() -> None:
    annotator = Annotator("a", 320, 240, trail_s=1.0)
    for index in range(60):
        image = annotator.draw(black(), index / 25, *one(1, (4 * index, 100, 4 * index + 20, 160)))
    row = (image[160] == identity_color(1)).all(axis=1)
    feet = [4 * index + 10 for index in range(60)]
    assert row[feet[-20]]
    assert not row[: feet[-27]].any()  # older than a second


def test_the_trail_does_not_jump_over_an_absence() -> None:
    annotator = Annotator("a", 320, 240, trail_s=10.0)
    annotator.draw(black(), 0.0, *one(1, (10, 100, 30, 160)))
    annotator.draw(black(), 0.5, *NOBODY)
    image = annotator.draw(black(), 1.1, *one(1, (200, 100, 220, 160)))
    assert not image[100:, 40:190].any()


def test_a_frame_without_people_shows_camera_and_time() -> None:
    image = Annotator("cam1", 320, 240).draw(black(), 5.0, *NOBODY)
    assert image[:20, :100].max() == 255
    assert not image[40:].any()


def test_rendering_keeps_frames_and_times(tmp_path: Path, video: Path, result: TrackingResult) -> None:
    with open_video(str(video), offset_s=100.0) as reader:
        times = [frame.time_s - 100 for frame in reader]
    count = render_video(RenderJob(reader.reopen, camera_tracks(result, "cam1"), tmp_path / "out.mp4"))
    assert count == 20
    with open_video(str(tmp_path / "out.mp4")) as drawn:
        frames = list(drawn)
    assert [f.time_s for f in frames] == pytest.approx(times, abs=1e-5)
    b, g, r = frames[3].image[20:70, 10:40].reshape(-1, 3).astype(int).T
    expected = identity_color(1)
    distance = np.abs(b - expected[0]) + np.abs(g - expected[1]) + np.abs(r - expected[2])
    assert distance.min() < 120  # the box, through 4:2:0


def test_several_videos_side_by_side(tmp_path: Path, video: Path, result: TrackingResult) -> None:
    seen: list[str] = []
    jobs = [
        RenderJob(
            lambda name=name: open_video(str(video), name), camera_tracks(result, name), tmp_path / f"{name}-out.mp4"
        )
        for name in ("cam1", "cam2", "cam3")
    ]
    render_videos(jobs, threads=2, on_frame=seen.append)
    assert sorted(set(seen)) == ["cam1", "cam2", "cam3"]
    assert len(seen) == 60
    assert all(job.path.is_file() for job in jobs)


def test_an_error_in_one_video_stops_all_and_leaves_no_half_file(tmp_path: Path, video: Path) -> None:
    empty = CameraTracks(NOBODY[0], *NOBODY)

    def fail() -> None:
        raise VideoError("gone")

    jobs = [
        RenderJob(fail, empty, tmp_path / "a-out.mp4"),  # type: ignore[arg-type]
        RenderJob(lambda: open_video(str(video)), empty, tmp_path / "b-out.mp4"),
    ]
    before = threading.active_count()
    with pytest.raises(VideoError, match="gone"):
        render_videos(jobs, threads=1)
    assert {path.name for path in tmp_path.iterdir()} <= {"cam1.mp4", "b-out.mp4"}
    assert threading.active_count() <= before


def test_stopping_leaves_no_file(tmp_path: Path, video: Path) -> None:
    stop = threading.Event()
    job = RenderJob(lambda: open_video(str(video)), CameraTracks(NOBODY[0], *NOBODY), tmp_path / "out.mp4")
    with pytest.raises(InterruptedError):
        render_video(job, on_frame=lambda _: stop.set(), stop=stop)
    assert [path.name for path in tmp_path.iterdir()] == ["cam1.mp4"]
