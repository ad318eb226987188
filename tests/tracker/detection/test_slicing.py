"""Tiles cover the frame, people are found once, and boxes cut by a seam are left to the neighbour."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker import detection
from tracker.detection.slicing import OVERLAP, SlicedDetector, tile_windows
from tracker.running.configuration import load_config
from tracker.structures import Detections, Frame


class BrightBoxes:
    """Finds the bounding box of every grey level above 100, if it is at least `min_share` of the picture's height."""

    device = "cpu"

    def __init__(self, min_share: float = 0.0) -> None:
        self.min_share = min_share
        self.calls: list[int] = []

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        self.calls.append(len(frames))
        return [self._find(frame.image) for frame in frames]

    def _find(self, image: np.ndarray) -> Detections:
        boxes = []
        for level in np.unique(image[image > 100]):
            y, x = np.nonzero(image[..., 0] == level)
            if y.max() + 1 - y.min() >= self.min_share * image.shape[0]:
                boxes.append([x.min(), y.min(), x.max() + 1, y.max() + 1])
        found = np.array(boxes, np.float32).reshape(-1, 4)
        return Detections(found, np.full(len(found), 0.9, np.float32))


def frame_with(size: tuple[int, int], *people: tuple[int, int, int, int]) -> Frame:
    image = np.zeros((*size, 3), np.uint8)
    for level, (x1, y1, x2, y2) in enumerate(people, 150):
        image[y1:y2, x1:x2] = level
    return Frame("cam", 0, 0.0, image)


def test_small_people_are_found_once_and_only_with_tiles() -> None:
    """A person on a seam, one in four tiles' overlap and one in a corner, all too small for the whole frame."""
    people = [(195, 20, 205, 50), (300, 190, 312, 220), (590, 370, 600, 400)]
    frame = frame_with((400, 600), *people)
    assert len(BrightBoxes(0.1).detect([frame])[0]) == 0
    found = SlicedDetector(BrightBoxes(0.1), slice_size=240, max_iou=0.6).detect([frame])[0]
    assert sorted(found.boxes.tolist()) == sorted([list(map(float, p)) for p in people])


def test_large_people_come_whole_from_the_whole_frame() -> None:
    person = (100, 20, 250, 390)
    found = SlicedDetector(BrightBoxes(), slice_size=240, max_iou=0.6).detect([frame_with((400, 600), person)])[0]
    assert found.boxes.tolist() == [list(map(float, person))]


def test_frames_that_fit_a_tile_are_not_cut_and_all_pieces_share_a_call() -> None:
    detector = BrightBoxes()
    sliced = SlicedDetector(detector, slice_size=300, max_iou=0.6)
    small, large = frame_with((200, 300), (5, 5, 20, 40)), frame_with((200, 500), (450, 5, 480, 60))
    first, second = sliced.detect([small, large])
    assert detector.calls == [1 + 1 + len(tile_windows(200, 500, 300))]
    assert first.boxes.tolist() == [[5, 5, 20, 40]]
    assert second.boxes.tolist() == [[450, 5, 480, 60]]


def test_nothing_in_nothing() -> None:
    sliced = SlicedDetector(BrightBoxes(), slice_size=100, max_iou=0.6)
    assert sliced.detect([]) == []
    assert len(sliced.detect([frame_with((300, 300))])[0]) == 0


@given(st.integers(1, 900), st.integers(1, 900), st.integers(32, 400))
def test_tiles_cover_the_frame_and_overlap_enough(height: int, width: int, size: int) -> None:
    windows = tile_windows(height, width, size)
    if max(height, width) <= size:
        assert len(windows) == 0
        return
    assert (windows[:, :2] >= 0).all()
    assert (windows[:, 2] <= width).all()
    assert (windows[:, 3] <= height).all()
    for low, high, length in ((0, 2, width), (1, 3, height)):
        starts, ends = np.unique(windows[:, low]), np.unique(windows[:, high])
        assert starts[0] == 0
        assert ends[-1] == length
        assert (ends[:-1] - starts[1:] >= size * OVERLAP - 1).all()


@pytest.mark.parametrize("name", ["builtin", "onnx", "ultralytics"])
def test_the_option_wraps_every_network(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    part = detection.DETECTORS[name]._replace(build=lambda options, cameras: BrightBoxes())
    monkeypatch.setitem(detection.DETECTORS, name, part)
    weights = {} if name == "builtin" else {"weights": "any"}
    for slice_size, kind in ((None, BrightBoxes), (320, SlicedDetector)):
        section = {"name": name, **weights, "slice_size": slice_size}
        options = load_config(sections={"detector": section}).detector
        assert isinstance(detection.build_detector(options, ["cam"]), kind)
