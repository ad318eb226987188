"""The scene generator: geometry and walks by hand, and small rendered scenes where pyvista is installed."""

from __future__ import annotations

import contextlib
import csv

import cv2
import numpy as np
import pytest
import render_sample_videos
import yaml

from scenes.camera import Camera
from scenes.clothes import random_outfit
from scenes.crowd import STEP_S, simulate
from scenes.files import mot_row
from scenes.ground_truth import PersonBox, measure_person
from scenes.scene import Scene, SceneOptions, hall_cameras, plan_walks
from tracker.cross_camera.floor.cameras import load_cameras
from tracker.evaluation.mot_data import read_ground_truth

with contextlib.suppress(ImportError):
    import triton  # noqa: F401  # torch loads it later; after the renderer's own LLVM that would kill the process

LEVEL = Camera("c", (0.0, 0.0, 1.0), (5.0, 0.0, 1.0), 100.0, 200, 100)


def test_a_level_camera_projects_as_worked_by_hand():
    pixels, depth = LEVEL.project([[5, 0, 1], [5, 1, 1], [10, 0, 2], [-5, 0, 1]])
    np.testing.assert_allclose(pixels[:3], [[100, 50], [80, 50], [100, 40]])  # left of the axis is +y
    np.testing.assert_allclose(depth, [5, 5, 10, -5])


def test_floor_homography_inverts_the_projection():
    camera = Camera("c", (0.4, 0.3, 2.7), (5.0, 4.0, 0.9), 430.0, 640, 360)
    floor = np.array([[3.0, 2.0, 0], [6.0, 5.0, 0], [5.0, 2.0, 0]])
    pixels, _ = camera.project(floor)
    mapped = np.column_stack([pixels, np.ones(3)]) @ camera.floor_homography().T
    np.testing.assert_allclose(mapped[:, :2] / mapped[:, 2:], floor[:, :2], atol=1e-9)
    np.testing.assert_allclose(camera.rotation @ camera.rotation.T, np.eye(3), atol=1e-12)


def test_visibility_counts_what_is_hidden_and_what_is_cut_off():
    y, z = (axis.ravel() for axis in np.meshgrid(np.linspace(-0.25, 0.25, 40), np.linspace(0.5, 1.5, 40)))
    board = np.column_stack([np.full(1600, 5.0), y, z]).astype(np.float32)  # 10 x 20 pixels around (100, 50)
    facing = np.tile(np.array([-1, 0, 0], np.float32), (1600, 1))
    depth = np.full((100, 200), 9.0, np.float32)
    person = measure_person(3, board, facing, LEVEL, depth)
    assert person is not None
    np.testing.assert_allclose(person.full, [95, 40, 105, 60], atol=1e-4)
    assert person.visibility == person.unhidden == 1
    depth[50:] = 3.0  # something stands before the lower half
    person = measure_person(3, board, facing, LEVEL, depth)
    assert person is not None
    assert person.visibility == person.unhidden == pytest.approx(0.5, abs=0.03)
    assert person.visible is not None
    np.testing.assert_allclose(person.visible, [95, 40, 105, 50], atol=0.6)
    beside = board + np.array([0, 5.0, 0], np.float32)  # half of it left of the picture
    person = measure_person(3, beside, facing, LEVEL, np.full((100, 200), 9.0, np.float32))
    assert person is not None
    assert person.visibility == pytest.approx(0.5, abs=0.03)
    assert person.unhidden == 1
    assert measure_person(3, board - np.array([10, 0, 0], np.float32), facing, LEVEL, depth) is None


def test_rows_of_ground_truth():
    def row(visibility):
        return mot_row(7, PersonBox(2, np.array([-10.0, 5, 30, 400]), None, visibility, visibility), 640, 360)

    assert row(0.9) == "7,2,0.0,5.0,30.0,355.0,1,1,0.90\n"
    assert row(0.2) == "7,2,0.0,5.0,30.0,355.0,0,1,0.20\n"
    assert row(0.0) is None


def test_people_walk_through_both_rooms_without_running_into_each_other():
    options = SceneOptions(seed=render_sample_videos.SAMPLE_SEED)
    hall, walks = plan_walks(options)
    inside = walks.present & (walks.positions[..., 1] > 0) & (walks.positions[..., 1] < hall.width)
    for room in range(2):
        here = inside & (walks.positions[..., 0] // hall.room_length == room)
        assert (here.sum(axis=0) * STEP_S > 2.5).all()
    gaps = np.hypot(*np.moveaxis(walks.positions[:, :, None] - walks.positions[:, None], -1, 0))
    together = inside[:, :, None] & inside[:, None] & ~np.eye(options.people, dtype=bool)
    assert gaps[together].min() > 0.3
    assert walks.speeds.max() < 2.2
    np.testing.assert_array_equal(plan_walks(options)[1].positions, walks.positions)


def test_any_number_of_people_and_rooms():
    for people, cameras in ((0, 1), (1, 1), (30, 5)):
        options = SceneOptions(people, cameras, seconds=4)
        hall, walks = plan_walks(options)
        assert walks.positions.shape[1:] == (people, 2)
        assert len(hall_cameras(hall, options)) == cameras
    assert simulate(hall, [], 1.0).present.shape[1] == 0
    with pytest.raises(ValueError, match="cameras must be at least 1"):
        SceneOptions(cameras=0)


def test_neighbours_in_number_wear_different_tops():
    tops = [random_outfit(np.random.default_rng(person), person).top for person in range(13)]
    gaps = [np.abs(np.subtract(a, b)).sum() for k, a in enumerate(tops) for b in tops[:k]]
    assert min(gaps) > 20


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    pytest.importorskip("pyvista", reason="rendering needs the extra 'render'")
    path = tmp_path_factory.mktemp("scene")
    arguments = ["--people", "2", "--seconds", "0.2", "--size", "160x90", "--seed", "2", "--output", str(path)]
    assert render_sample_videos.main(arguments) == 0
    return path


def test_videos_ground_truth_and_calibration_fit_each_other(folder):
    truth = read_ground_truth(folder / "gt")
    cameras = yaml.safe_load((folder / "cameras.yaml").read_text(encoding="utf-8"))["cameras"]
    assert set(truth) == set(cameras) == {"cam1", "cam2"}
    assert sum(data.counted.sum() for data in truth.values()) > 5
    for name, data in truth.items():
        capture = cv2.VideoCapture(str(folder / f"{name}.mp4"))
        assert capture.get(cv2.CAP_PROP_FRAME_COUNT) == 5
        assert (capture.get(3), capture.get(4)) == (160, 90)
        assert data.frames.max(initial=0) <= 5
        assert (data.boxes >= 0).all()


def test_same_seed_same_pictures_and_people_show():
    pytest.importorskip("pyvista", reason="rendering needs the extra 'render'")
    options = SceneOptions(people=1, cameras=1, seconds=0.04, width=160, height=90, fps=25, seed=5)
    first, second = (next(Scene(options).instants())[0] for _ in range(2))
    np.testing.assert_array_equal(first.image, second.image)
    empty = Scene(SceneOptions(people=0, cameras=1, seconds=0.04, width=160, height=90, fps=25, seed=5))
    nobody = next(empty.instants())[0]
    assert nobody.people == ()
    seen = [person for person in first.people if person.visibility > 0.5]
    for person in seen:
        x1, y1, x2, y2 = np.clip(person.visible, 0, [160, 90, 160, 90]).astype(int)
        change = np.abs(first.image.astype(int) - nobody.image).mean(axis=2)
        assert change[y1:y2, x1:x2].mean() > 3 * np.median(change)


def test_random_scenes(tmp_path):
    pytest.importorskip("pyvista", reason="rendering needs the extra 'render'")
    assert render_sample_videos.main(["--random-scenes", "2", "--size", "160x90", "--output", str(tmp_path)]) == 0
    with (tmp_path / "labels.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {row["image"] for row in rows} == {"scene_00000.jpg", "scene_00001.jpg"}
    assert cv2.imread(str(tmp_path / "images" / "scene_00001.jpg")).shape == (90, 160, 3)
    for row in rows:
        if row["x1"]:
            assert 0 <= float(row["x1"]) < float(row["x2"]) <= 160


def test_the_sample_videos_of_the_repository(repo_root):
    folder = repo_root / "sample_videos"
    assert sum((folder / f"cam{k}.mp4").stat().st_size for k in (1, 2)) <= 4e6
    truth = read_ground_truth(folder / "gt")
    assert list(truth) == ["cam1", "cam2"]
    for data in truth.values():
        people, boxes = np.unique(data.ids[data.counted], return_counts=True)
        assert people.tolist() == [1, 2, 3, 4, 5]
        assert boxes.min() > 50
        assert data.last_frame <= 300
    setup = load_cameras(folder / "cameras.yaml", ["cam1", "cam2"])
    feet = [{(f, i): p for f, i, p in zip(d.frames, d.ids, setup.ground[name].feet(d.boxes), strict=True)}
            for name, d in truth.items()]  # fmt: skip
    both = [np.hypot(*(feet[0][key] - feet[1][key])) for key in feet[0].keys() & feet[1].keys()]
    assert np.nanmedian(both) < 0.5  # metres; the lowest point of a box is the nearer foot


@pytest.mark.parametrize("size", ["640", "641x360", "axb"])
def test_bad_sizes_are_refused(size, capsys, tmp_path):
    with pytest.raises(SystemExit):
        render_sample_videos.main(["--size", size, "--output", str(tmp_path)])
    assert "--size" in capsys.readouterr().err


def test_bad_numbers_are_one_line(capsys, tmp_path):
    assert render_sample_videos.main(["--cameras", "0", "--output", str(tmp_path)]) == 2
    assert "cameras must be at least 1" in capsys.readouterr().err
