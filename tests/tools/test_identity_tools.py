"""search_person, calibrate_identity and calibrate_cameras on a small stored run."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from tracker.cross_camera.floor.cameras import load_cameras
from tracker.output.people.crops import BestCrops
from tracker.output.store.writer import write_store
from tracker.structures import CameraInfo, Frame, Identity, TrackingResult, Tracklet

PEOPLE, FRAMES = 5, 60
CLOTHES = [  # BGR of shirt and trousers
    [(30, 30, 200), (15, 15, 15)],
    [(30, 30, 200), (190, 80, 30)],
    [(40, 160, 40), (15, 15, 15)],
    [(240, 240, 240), (190, 80, 30)],
    [(30, 220, 240), (130, 130, 130)],
]


def tracklet(camera: str, person: int, look: np.ndarray, shear: float) -> Tracklet:
    """Somebody who walks towards the camera on a line of their own; views differ by a shear of the floor."""
    y = np.linspace(150, 330, FRAMES)
    x = 60 + 110 * person + 20 * np.sin(np.linspace(0, 3, FRAMES)) + shear * (y - 150)
    height = 0.4 * (y - 20)
    boxes = np.column_stack([x - 15, y - height, x + 15, y]).astype(np.float32)
    frames = np.arange(FRAMES)
    samples = np.stack([look] * 4)
    return Tracklet(
        camera, person + 1, frames, frames / 10, boxes, np.ones(FRAMES, np.float32), look, samples,
        np.ones(4, np.float32), frames[:4],
    )  # fmt: skip


def pictures(identities: list[Identity], camera: str, frame: int = 30) -> tuple[Frame, np.ndarray, np.ndarray]:
    """A frame in which everybody wears their clothes, with their track numbers and boxes."""
    image = np.full((360, 640, 3), 128, np.uint8)
    mine = [t for i in identities for t in i.tracklets if t.camera_id == camera]
    for tracklet, (shirt, trousers) in zip(mine, CLOTHES, strict=True):
        x1, y1, x2, y2 = (int(v) for v in tracklet.boxes[frame])
        image[y1 : (y1 + y2) // 2, x1:x2] = shirt
        image[(y1 + y2) // 2 : y2, x1:x2] = trousers
    boxes = np.stack([t.boxes[frame] for t in mine])
    return Frame(camera, frame, frame / 10, image), np.array([t.track_id for t in mine]), boxes


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A folder with tracking.sqlite and ground truth: five people in two overlapping views."""
    rng = np.random.default_rng(0)
    looks = np.linalg.qr(rng.normal(size=(16, 16)))[0][:PEOPLE].astype(np.float32)
    identities = [
        Identity(p + 1, (tracklet("a", p, looks[p], 0.0), tracklet("b", p, looks[p], 0.2))) for p in range(PEOPLE)
    ]
    cameras = tuple(CameraInfo(name, f"{name}.mp4", 10.0, FRAMES, 640, 360) for name in "ab")
    crops = BestCrops()
    for name in "ab":
        crops.add(*pictures(identities, name), np.ones(PEOPLE))
    write_store(tmp_path / "tracking.sqlite", TrackingResult(cameras, tuple(identities)), crops, {"reid_model": "net"})
    (tmp_path / "gt").mkdir()
    for name in "ab":
        rows = [
            f"{f + 1},{i.identity_id},{b[0]},{b[1]},{b[2] - b[0]},{b[3] - b[1]},1,1,1"
            for i in identities
            for t in i.tracklets
            if t.camera_id == name
            for f, b in zip(t.frame_indices.tolist(), t.boxes.tolist(), strict=True)
        ]
        (tmp_path / "gt" / f"{name}.txt").write_text("\n".join(rows) + "\n")
    return tmp_path


def test_search_by_identity_lists_others_and_writes_a_picture(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tool = importlib.import_module("search_person")
    assert tool.main(["--results", str(run), "--identity", "2", "--top", "3", "--json", str(run / "hits.json")]) == 0
    hits = json.loads((run / "hits.json").read_text())["hits"]
    assert len(hits) == 3
    assert all(hit["identity"] != 2 for hit in hits)
    assert [h["score"] for h in hits] == sorted((h["score"] for h in hits), reverse=True)
    assert cv2.imread(str(run / "search.jpg")) is not None
    assert "identity" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("colours", "identities"),
    [
        (["--upper", "red", "--lower", "black"], {1}),
        (["--lower", "blue"], {2, 4}),
        (["--upper", "yellow", "--lower", "gray"], {5}),
    ],
)
def test_search_by_clothes(run: Path, colours: list[str], identities: set[int]) -> None:
    tool = importlib.import_module("search_person")
    top = 2 * len(identities)  # each has a tracklet in both cameras
    assert tool.main(["--results", str(run), *colours, "--top", str(top), "--json", str(run / "hits.json")]) == 0
    hits = json.loads((run / "hits.json").read_text())["hits"]
    assert {hit["identity"] for hit in hits} == identities
    assert all(hit["score"] > 0.6 and hit["probability"] is None for hit in hits)
    assert cv2.imread(str(run / "search.jpg")) is not None


def test_nobody_is_listed_in_a_colour_that_nobody_wears(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert importlib.import_module("search_person").main(["--results", str(run), "--upper", "purple"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2  # heading and place of the picture
    assert cv2.imread(str(run / "search.jpg")) is not None


@pytest.mark.parametrize("arguments", [[], ["--identity", "1", "--upper", "red"], ["--upper", "mauve"]])
def test_colours_are_known_and_stand_alone(run: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        importlib.import_module("search_person").main(["--results", str(run), *arguments])
    assert "error" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--identity", "9"], "identity 9 is not in the results; they have 1 to 5"),
        (["--image", "none.jpg"], "cannot read image none.jpg: no such file"),
        (["--identity", "1", "--results", "elsewhere.sqlite"], "cannot read elsewhere.sqlite: no such file"),
    ],
)
def test_wrong_searches_are_one_line(
    run: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert importlib.import_module("search_person").main(["--results", str(run), *arguments]) == 2
    assert capsys.readouterr().err.strip().removeprefix("error: ") == message


def test_error_rates_and_a_calibration(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tool = importlib.import_module("calibrate_identity")
    out, table = run / "calibration.json", run / "rates.json"
    arguments = ["--results", str(run), "--ground-truth", str(run / "gt"), "--output", str(out), "--json", str(table)]
    assert tool.main([*arguments, "--false-match-rate", "0.1"]) == 0
    rates = json.loads(table.read_text())
    assert rates["reid_model"] == "net"
    assert rates["rates"][0]["cameras"] == ["all", "all"]
    assert rates["rates"][0]["same_pairs"] == 5
    assert rates["rates"][0]["false_non_match_rate"] == 0.0
    assert json.loads(out.read_text())["same"]["pairs"] == 5
    assert "10 of 10 tracklets named" in capsys.readouterr().out


def test_views_are_calibrated_and_the_file_can_be_read(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = run / "cameras.yaml"
    assert importlib.import_module("calibrate_cameras").main(["--results", str(run), "--output", str(file)]) == 0
    assert "100% of" in capsys.readouterr().out
    setup = load_cameras(file, ["a", "b"])
    assert setup.time_offsets_s == {"a": 0.0, "b": 0.0}
    feet = np.array([[200.0, 300.0]])
    there = setup.ground["b"].to_ground(feet + np.array([0.2 * 150, 0]))
    assert setup.ground["a"].to_ground(feet) == pytest.approx(there, abs=0.1)


def test_nothing_in_common_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    look = np.eye(1, 16, dtype=np.float32)[0]
    camera = CameraInfo("a", "a.mp4", 10.0, FRAMES, 640, 360)
    result = TrackingResult((camera,), (Identity(1, (tracklet("a", 0, look, 0.0),)),))
    write_store(tmp_path / "tracking.sqlite", result, None, {"reid_model": "net"})
    assert importlib.import_module("calibrate_cameras").main(["--results", str(tmp_path)]) == 2
    assert "nothing to calibrate from" in capsys.readouterr().err
