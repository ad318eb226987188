"""The best crops: bounded, spread over time, and found again by place."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from tracker.output.people.crops import BestCrops, Crop, encode_jpeg, spread
from tracker.structures import Frame, Tracklet

MakeFrame = Callable[..., Frame]


def box(index: int) -> np.ndarray:
    return np.array([[10 + index % 100, 20, 30 + index % 100, 70]], np.float32)


def walk(
    crops: BestCrops, make_frame: MakeFrame, qualities: list[float], track_id: int = 1, camera: str = "cam1"
) -> None:
    for index, quality in enumerate(qualities):
        crops.add(make_frame(camera, index), np.array([track_id]), box(index), np.array([quality]))


def tracklet(count: int, start: int = 0, moved: float = 0.0, camera: str = "cam1") -> Tracklet:
    frames = np.arange(start, start + count)
    boxes = np.concatenate([box(i) for i in frames]) + np.float32(moved)
    return Tracklet(camera, 99, frames, frames / 25, boxes, np.ones(count, np.float32))


def test_the_best_crop_of_each_half_second_is_kept(make_frame: MakeFrame) -> None:
    qualities = [0.1] * 50
    qualities[7], qualities[20] = 0.9, 0.8  # slots of 12.5 frames
    crops = BestCrops(per_track=8)
    walk(crops, make_frame, qualities)
    found = crops.for_tracklet(tracklet(50))
    assert [crop.frame_index for crop in found] == [7, 20, 25, 38]
    assert [crop.quality for crop in found[:2]] == [0.9, 0.8]


def test_memory_is_bounded_and_the_crops_stay_spread(make_frame: MakeFrame) -> None:
    crops = BestCrops(per_track=8)
    walk(crops, make_frame, np.random.default_rng(0).uniform(0.1, 1, 2000).tolist())
    found = crops.for_tracklet(tracklet(2000))
    assert 4 <= len(found) <= 8
    gaps = np.diff([0.0, *(crop.time_s for crop in found), 80.0])
    assert gaps.max() < 80 / 2


def test_a_crop_shows_its_box(make_frame: MakeFrame) -> None:
    crops = BestCrops()
    walk(crops, make_frame, [0.5])
    (crop,) = crops.for_tracklet(tracklet(1))
    assert crop.box.tolist() == box(0)[0].tolist()
    assert crop.image().shape == (50, 20, 3)
    expected = make_frame("cam1", 0).image[20:70, 10:30]
    assert abs(float(crop.image().mean()) - float(expected.mean())) < 5


def test_crops_are_found_by_frame_and_place(make_frame: MakeFrame) -> None:
    crops = BestCrops()
    walk(crops, make_frame, [0.5] * 30)
    everything = crops.for_tracklet(tracklet(30))
    assert crops.for_tracklet(tracklet(30, moved=2.0)) == everything  # smoothed
    assert crops.for_tracklet(tracklet(30, moved=18.0)) == []  # somebody else
    assert crops.for_tracklet(tracklet(30, camera="cam2")) == []
    assert crops.for_tracklet(tracklet(10, start=15)) == [c for c in everything if 15 <= c.frame_index < 25]  # split


def test_adding_after_asking_works(make_frame: MakeFrame) -> None:
    crops = BestCrops()
    walk(crops, make_frame, [0.5] * 5)
    assert len(crops.for_tracklet(tracklet(5))) == 1
    crops.add(make_frame("cam1", 8), np.array([1]), box(8), np.array([0.9]))
    assert [c.frame_index for c in crops.for_tracklet(tracklet(10))] == [8]  # better, in the same slot
    crops.add(make_frame("cam1", 9), np.array([1]), box(9), np.array([0.2]))
    assert [c.frame_index for c in crops.for_tracklet(tracklet(10))] == [8]


def test_the_crops_of_a_track_so_far_are_those_kept_at_the_end(make_frame: MakeFrame) -> None:
    qualities = np.random.default_rng(1).uniform(0.1, 1, 400)
    asked, quiet = BestCrops(per_track=4), BestCrops(per_track=4)
    walk(quiet, make_frame, qualities.tolist())
    for index, quality in enumerate(qualities):
        asked.add(make_frame("cam1", index), np.array([1]), box(index), np.array([quality]))
        so_far = asked.of_track("cam1", 1)
        assert 0 < len(so_far) <= 4
        assert so_far[-1].frame_index <= index
    assert [c.frame_index for c in asked.of_track("cam1", 1)] == [c.frame_index for c in quiet.of_track("cam1", 1)]
    assert asked.of_track("cam1", 2) == asked.of_track("cam2", 1) == []


def test_quality_zero_is_left_out(make_frame: MakeFrame) -> None:
    crops = BestCrops()
    walk(crops, make_frame, [0.0] * 20)
    assert len(crops) == 0
    assert crops.for_tracklet(tracklet(20)) == []


def test_one_jpeg_per_slot(make_frame: MakeFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    monkeypatch.setattr("tracker.output.people.crops.encode_jpeg", lambda image: calls.append(1) or encode_jpeg(image))
    crops = BestCrops()
    walk(crops, make_frame, np.linspace(0.1, 1, 100).tolist())  # every crop is better than the one before
    crops.for_tracklet(tracklet(100))
    assert len(calls) == 8


def test_tall_crops_are_made_smaller() -> None:
    data = encode_jpeg(np.zeros((1000, 400, 3), np.uint8))
    crop = Crop("a", 0, 0.0, np.zeros(4, np.float32), 1.0, data)
    assert crop.image().shape == (256, 102, 3)


def test_spread_takes_the_best_of_equal_parts() -> None:
    crops = [Crop("a", i, float(i), np.zeros(4, np.float32), q, b"") for i, q in enumerate([0.1, 0.9, 0.5, 0.2])]
    assert [c.frame_index for c in spread(crops, 2)] == [1, 2]
    assert spread(crops, 9) == crops
    assert spread([], 3) == []
