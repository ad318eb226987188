"""tracking.sqlite: what goes in comes out, quickly, and also after a crash."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from crosscam.base.errors import InputError
from tracker.output.people.crops import BestCrops, Crop
from tracker.output.store.reader import StoreReader
from tracker.output.store.records import GroundPosition
from tracker.output.store.writer import StoreWriter, write_store
from tracker.structures import CameraInfo, Frame, Identity, TrackingResult, Tracklet

CAMERA = CameraInfo("cam1", "cam1.mp4", 25.0, 100, 160, 120)


def no_crops(_: Tracklet) -> list[Crop]:
    return []


def assert_equal(a: Tracklet, b: Tracklet) -> None:
    for field in fields(Tracklet):
        left, right = getattr(a, field.name), getattr(b, field.name)
        if isinstance(left, np.ndarray):
            assert left.dtype == right.dtype, field.name
            assert np.array_equal(left, right), field.name
        else:
            assert left == right, field.name


def test_a_result_survives_exactly(tmp_path: Path, result: TrackingResult) -> None:
    write_store(tmp_path / "tracking.sqlite", result, meta={"reid_model": "pyramid"})
    with StoreReader(tmp_path / "tracking.sqlite") as store:
        assert store.meta() == {"schema": "1", "reid_model": "pyramid"}
        read = store.result()
    assert read.cameras == result.cameras
    assert [i.identity_id for i in read.identities] == [1, 2]
    assert [i.confidence for i in read.identities] == [i.confidence for i in result.identities]
    for (_, a), (_, b) in zip(result.tracklets(), read.tracklets(), strict=True):
        assert_equal(a, b)
    assert [path.name for path in tmp_path.iterdir()] == ["tracking.sqlite"]


def test_a_tracklet_without_appearance_survives(tmp_path: Path) -> None:
    bare = Tracklet(
        "cam1", 3, np.array([2, 9]), np.array([0.1, 0.5]), np.ones((2, 4), np.float32), np.zeros(2, np.float32)
    )
    with StoreWriter(tmp_path / "a.sqlite") as store:
        store.add_camera(CAMERA)
        store.add_tracklets([bare], no_crops)
    with StoreReader(tmp_path / "a.sqlite") as store:
        assert_equal(store.tracklets()[0], bare)
        assert store.result().identities == ()


def test_visible_parts_survive(tmp_path: Path, make_tracklet: Callable[..., Tracklet]) -> None:
    whole = replace(make_tracklet(), visible_parts=np.array([[0, 1], [0.25, 1], [0, 0.5]], np.float32))
    with StoreWriter(tmp_path / "a.sqlite") as store:
        store.add_camera(CAMERA)
        store.add_tracklets([whole], no_crops)
    with StoreReader(tmp_path / "a.sqlite") as store:
        assert_equal(store.tracklets("cam1")[0], whole)
        assert store.tracklets("cam2") == []


def test_crops_go_with_their_tracklets(
    tmp_path: Path, result: TrackingResult, make_frame: Callable[..., Frame]
) -> None:
    crops = BestCrops()
    first = result.identities[0].tracklets[0]
    for index, box in zip(first.frame_indices, first.boxes, strict=True):
        crops.add(make_frame("cam1", int(index)), np.array([5]), box[None], np.array([0.5]))
    write_store(tmp_path / "a.sqlite", result, crops)
    with StoreReader(tmp_path / "a.sqlite") as store:
        (crop,) = store.crops(1)
        assert (crop.camera_id, crop.frame_index, crop.quality) == ("cam1", 0, 0.5)
        assert np.array_equal(crop.box, first.boxes[0])
        assert crop.image().shape == (50, 20, 3)
        assert store.crops(2) == []


def test_ground_positions(tmp_path: Path, result: TrackingResult) -> None:
    positions = [GroundPosition(1, 0.5, 1.25, -3.0, ("cam1", "a,b")), GroundPosition(2, 0.5, 0.0, 0.0, ("cam1",))]
    write_store(tmp_path / "a.sqlite", result, ground=positions)
    with closing(sqlite3.connect(tmp_path / "a.sqlite")) as database:
        rows = database.execute("SELECT * FROM ground_positions ORDER BY identity_id").fetchall()
    assert rows == [(1, 0.5, 1.25, -3.0, '["cam1", "a,b"]'), (2, 0.5, 0.0, 0.0, '["cam1"]')]


def test_identities_can_be_decided_again(tmp_path: Path, result: TrackingResult) -> None:
    with StoreWriter(tmp_path / "a.sqlite") as store:
        for camera in result.cameras:
            store.add_camera(camera)
        tracklets = [tracklet for _, tracklet in result.tracklets()]
        store.add_tracklets(tracklets, no_crops)
        store.assign({(t.camera_id, t.track_id): (number, 1.0) for number, t in result.tracklets()})
        store.assign({(t.camera_id, t.track_id): (4, 0.5) for t in tracklets[1:]})
    with StoreReader(tmp_path / "a.sqlite") as reader:
        assert [(i.identity_id, i.confidence) for i in reader.result().identities] == [(1, (1.0,)), (4, (0.5, 0.5))]


def test_identities_without_tracklets_go(tmp_path: Path, make_tracklet: Callable[..., Tracklet]) -> None:
    with StoreWriter(tmp_path / "a.sqlite") as store:
        store.add_camera(CAMERA)
        store.add_tracklets([make_tracklet("cam1", 1)], no_crops)
        store.assign({("cam1", 1): (1, 1.0)})
        store.assign({("cam1", 1): (2, 1.0)})
    with closing(sqlite3.connect(tmp_path / "a.sqlite")) as database:
        assert database.execute("SELECT identity_id FROM identities").fetchall() == [(2,)]


def test_a_tracklet_goes_on(tmp_path: Path, make_tracklet: Callable[..., Tracklet]) -> None:
    whole, jpeg = make_tracklet("cam1", 5, count=10), b"picture"
    early, late = (
        replace(whole, **{n: getattr(whole, n)[part] for n in ("frame_indices", "times_s", "boxes", "scores")})
        for part in (slice(0, 4), slice(4, 10))
    )
    young = replace(
        early,
        embedding=None,
        samples=early.samples[:0],
        qualities=early.qualities[:0],
        sample_frames=early.sample_frames[:0],
    )
    first, second, third = (Crop("cam1", i, i / 10, whole.boxes[0], 0.5, jpeg) for i in range(3))
    with StoreWriter(tmp_path / "a.sqlite") as store:
        store.add_camera(CAMERA)
        store.add_tracklets([young], lambda _: [first, second])
        store.add_tracklets([late], lambda _: [second, third])
        store.assign({("cam1", 5): (1, 1.0)})
    with StoreReader(tmp_path / "a.sqlite") as reader:
        assert_equal(reader.tracklets()[0], whole)
        assert [crop.frame_index for crop in reader.crops(1)] == [1, 2]


def test_the_log_of_a_grown_store_does_not_spoil_the_whole_one(tmp_path: Path, result: TrackingResult) -> None:
    path = tmp_path / "a.sqlite"
    growing = StoreWriter(path)
    growing.add_camera(CAMERA)
    with StoreReader(path) as viewer:  # keeps SQLite from removing the log
        viewer.cameras()
        growing.close()
        write_store(path, result)
    assert [p.name for p in tmp_path.iterdir()] == ["a.sqlite"]
    with StoreReader(path) as store:
        assert len(store.tracklets()) == 3


def test_a_growing_store_is_readable_meanwhile_and_after_a_crash(tmp_path: Path, repo_root: Path) -> None:
    path = tmp_path / "a.sqlite"
    code = f"""
import os, sys, numpy as np
sys.path.insert(0, {str(repo_root)!r})
from tracker.output.store.writer import StoreWriter
from tracker.structures import CameraInfo, Tracklet
store = StoreWriter({str(path)!r})
store.add_camera(CameraInfo("cam1", "cam1.mp4", 25.0, 100, 160, 120))
for i in range(1, 4):
    boxes, scores = np.ones((5, 4), np.float32), np.ones(5, np.float32)
    store.add_tracklets([Tracklet("cam1", i, np.arange(5), np.arange(5) / 25, boxes, scores)], lambda _: [])
os._exit(9)
"""
    assert subprocess.run([sys.executable, "-c", code]).returncode == 9
    with StoreReader(path) as store:
        assert [tracklet.track_id for tracklet in store.tracklets()] == [1, 2, 3]


def test_an_error_leaves_the_old_store(tmp_path: Path, result: TrackingResult) -> None:
    path = tmp_path / "a.sqlite"
    write_store(path, result)
    doubled = TrackingResult(result.cameras, result.identities + result.identities)
    with pytest.raises(InputError, match=r"cannot write .*a\.sqlite: UNIQUE constraint"):
        write_store(path, doubled)
    with StoreReader(path) as store:
        assert len(store.tracklets()) == 3
    assert [p.name for p in tmp_path.iterdir()] == ["a.sqlite"]


@pytest.mark.parametrize("content", [None, b"", b"no database" * 100])
def test_a_file_that_is_no_store_is_one_line(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "a.sqlite"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=r"cannot read .*a\.sqlite"):
        StoreReader(path)


def test_another_schema_is_one_line(tmp_path: Path) -> None:
    database = sqlite3.connect(tmp_path / "a.sqlite")
    database.executescript("CREATE TABLE meta (key, value); INSERT INTO meta VALUES ('schema', '99')")
    database.close()
    with pytest.raises(InputError, match="expected schema 1, found 99"):
        StoreReader(tmp_path / "a.sqlite")


def test_a_hundred_thousand_boxes_take_seconds_at_most(tmp_path: Path, make_tracklet: Callable[..., Tracklet]) -> None:
    tracklets = tuple(make_tracklet("cam1", i, count=1000) for i in range(1, 101))
    start = time.process_time()
    write_store(tmp_path / "a.sqlite", TrackingResult((CAMERA,), (Identity(1, tracklets),)))
    assert time.process_time() - start < 5
