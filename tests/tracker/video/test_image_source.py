"""Folders of images and MOTChallenge sequences."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from crosscam.base.errors import VideoError
from tracker.video.image_source import natural_key
from tracker.video.reader import open_video


def save(path: Path, level: int, width: int = 32, height: int = 24) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = np.full((height, width, 3), level, np.uint8)
    path.write_bytes(cv2.imencode(path.suffix, image)[1].tobytes())


def levels(folder: Path) -> list[int]:
    with open_video(str(folder)) as reader:
        return [round(float(frame.image.mean())) for frame in reader]


def test_images_come_in_natural_order(tmp_path: Path) -> None:
    for number in (1, 2, 10, 9, 100):
        save(tmp_path / f"img{number}.png", number)
    (tmp_path / "notes.txt").write_text("no image")
    (tmp_path / "._img1.png").write_bytes(b"a file of macOS")
    assert levels(tmp_path) == [1, 2, 9, 10, 100]


def test_natural_order_compares_numbers_with_letters() -> None:
    names = ["b.png", "1.png", "a10.png", "A9.png", "a.png"]
    assert sorted(names, key=lambda name: natural_key(Path(name))) == ["1.png", "a.png", "A9.png", "a10.png", "b.png"]


@pytest.mark.parametrize("given", ["MOT17-02", "MOT17-02/img1"])
def test_a_sequence_has_the_rate_and_name_of_its_folder(tmp_path: Path, given: str) -> None:
    for number in range(1, 4):
        save(tmp_path / "MOT17-02" / "img1" / f"{number:06}.jpg", 50 * number)
    (tmp_path / "MOT17-02" / "seqinfo.ini").write_text("[Sequence]\nname=x\nframeRate=14\n")
    with open_video(str(tmp_path / given)) as reader:
        frames = list(reader)
    assert (reader.name, reader.fps, reader.frames) == ("MOT17-02", 14.0, 3)
    assert [f.time_s for f in frames] == pytest.approx([0, 1 / 14, 2 / 14])


def test_mixed_sizes_are_resized_to_the_first(tmp_path: Path) -> None:
    save(tmp_path / "1.png", 10)
    save(tmp_path / "2.png", 20, width=64, height=48)
    with open_video(str(tmp_path)) as reader:
        assert [f.image.shape for f in reader] == [(24, 32, 3)] * 2
    assert reader.repaired == {"resized_frames": 1}


def test_grey_and_transparent_images_become_bgr(tmp_path: Path) -> None:
    (tmp_path / "1.png").write_bytes(cv2.imencode(".png", np.full((8, 8), 77, np.uint8))[1].tobytes())
    (tmp_path / "2.png").write_bytes(cv2.imencode(".png", np.full((8, 8, 4), 99, np.uint8))[1].tobytes())
    with open_video(str(tmp_path)) as reader:
        assert [f.image.shape for f in reader] == [(8, 8, 3)] * 2


@pytest.mark.parametrize(
    ("unreadable", "values"), [((3,), [10, 20, 20, 40]), ((1, 2), [30, 30, 30, 40]), ((4,), [10, 20, 30, 30])]
)
def test_the_image_before_stands_in_for_one_that_cannot_be_read(
    tmp_path: Path, unreadable: tuple[int, ...], values: list[int]
) -> None:
    for number in range(1, 5):
        save(tmp_path / f"{number}.png", 10 * number)
    for number in unreadable:
        (tmp_path / f"{number}.png").write_bytes(b"broken")
    with open_video(str(tmp_path)) as reader:
        frames = list(reader)
    assert [int(f.image[0, 0, 0]) for f in frames] == values
    assert [f.index for f in frames] == [0, 1, 2, 3]
    assert reader.repaired == {"unreadable_images": len(unreadable)}
    assert reader.broken is not None
    assert f"{len(unreadable)} of 4 images cannot be read, the first is {unreadable[0]}.png" in reader.broken


def test_a_taken_frame_can_be_drawn_into_though_it_stands_in(tmp_path: Path) -> None:
    save(tmp_path / "1.png", 10)
    (tmp_path / "2.png").write_bytes(b"broken")
    with open_video(str(tmp_path)) as reader:
        next(reader).image[:] = 255
        assert int(next(reader).image[0, 0, 0]) == 10


def test_an_empty_folder_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(VideoError, match="no images in the folder; expected files such as"):
        open_video(str(tmp_path))


def test_a_broken_first_image_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "1.png").write_bytes(b"")
    with pytest.raises(VideoError, match=r"none of the 1 images can be read, the first is 1\.png"):
        open_video(str(tmp_path))


@pytest.mark.shared_data
def test_tud_campus(shared: Path) -> None:
    with open_video(str(shared / "data/mot/TUD-Campus")) as reader:
        assert len(list(reader)) == 71
    assert (reader.width, reader.height, reader.fps, reader.name) == (640, 480, 25.0, "TUD-Campus")
