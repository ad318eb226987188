"""Contact sheets: one per person with crops."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from tracker.output.people.contact_sheet import SHEET_WIDTH_PX, contact_sheet, write_contact_sheets
from tracker.output.people.crops import BestCrops
from tracker.output.render.colors import identity_color
from tracker.output.results_folder import ResultsFolder
from tracker.structures import Frame, Identity, TrackingResult, Tracklet


def filled(result: TrackingResult, make_frame: Callable[..., Frame], people: int = 1) -> BestCrops:
    crops = BestCrops()
    for identity in result.identities[:people]:
        for tracklet in identity.tracklets:
            for index, box in zip(tracklet.frame_indices, tracklet.boxes, strict=True):
                frame = make_frame(tracklet.camera_id, int(index))
                crops.add(frame, np.array([tracklet.track_id]), box[None], np.array([0.5]))
    return crops


def test_a_sheet_per_person_with_crops(
    tmp_path: Path, result: TrackingResult, make_frame: Callable[..., Frame]
) -> None:
    folder = tmp_path / "people"
    assert write_contact_sheets(ResultsFolder(tmp_path, (), ()), result, filled(result, make_frame)) == 1
    assert [path.name for path in folder.iterdir()] == ["1.jpg"]
    assert (folder / "1.jpg").stat().st_mode & 0o077 == 0  # what people look like is for the owner alone
    sheet = cv2.imread(str(folder / "1.jpg"))
    assert np.abs(sheet[4, 4].astype(int) - identity_color(1)).max() < 12
    assert sheet.shape[0] > 2 * 160  # a section for each camera


def test_old_sheets_go_and_other_files_stay(
    tmp_path: Path, result: TrackingResult, make_frame: Callable[..., Frame]
) -> None:
    folder = tmp_path / "people"
    folder.mkdir()
    for name in ("7.jpg", "mum.jpg"):
        (folder / name).write_bytes(b"old")
    write_contact_sheets(ResultsFolder(tmp_path, (), (), {"people/7.jpg"}), result, filled(result, make_frame))
    assert sorted(path.name for path in folder.iterdir()) == ["1.jpg", "mum.jpg"]


def test_nobody_makes_no_folder(tmp_path: Path, result: TrackingResult) -> None:
    assert write_contact_sheets(ResultsFolder(tmp_path, (), ()), result, BestCrops()) == 0
    assert not (tmp_path / "people").exists()


def test_many_stays_wrap(make_tracklet: Callable[..., Tracklet], make_frame: Callable[..., Frame]) -> None:
    stays = tuple(make_tracklet("cam1", i, start=100 * i) for i in range(1, 40))
    result = TrackingResult((), (Identity(1, stays),))
    sheet = contact_sheet(result.identities[0], filled(result, make_frame))
    assert sheet is not None
    assert sheet.shape[1] <= SHEET_WIDTH_PX + 200
    assert sheet.shape[0] > 300


def test_a_person_with_very_many_stays_has_a_sheet_of_bounded_size(
    tmp_path: Path, make_tracklet: Callable[..., Tracklet], make_frame: Callable[..., Frame]
) -> None:
    stays = tuple(make_tracklet("cam1", i, start=20 * i, count=3) for i in range(1, 1001))
    result = TrackingResult((), (Identity(1, stays),))
    crops = BestCrops()
    frame = make_frame()
    for stay in stays:
        index = int(stay.frame_indices[0])
        crops.add(
            Frame("cam1", index, index / 25, frame.image), np.array([stay.track_id]), stay.boxes[:1], np.array([0.5])
        )
    sheet = contact_sheet(result.identities[0], crops)
    assert sheet is not None
    assert sheet.shape[0] < 3000
