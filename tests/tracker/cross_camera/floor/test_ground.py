"""The cameras file, places on the floor, clocks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from crosscam.base.errors import ConfigError
from tracker.cross_camera.floor.camera_calibration import chain_to, fit_view_pairs, metric_floor, view_clocks
from tracker.cross_camera.floor.cameras import CameraSetup, load_cameras
from tracker.cross_camera.floor.clock import clock_offsets, with_clocks
from tracker.cross_camera.floor.fusion import fuse_places
from tracker.cross_camera.floor.ground import GroundPlane, homography_from_points, homography_from_pose
from tracker.cross_camera.floor.ground_paths import GroundPath, ground_path
from tracker.cross_camera.partition.associator import Associator
from tracker.output.render.top_view import draw_top_view
from tracker.structures import Identity, Tracklet

INTRINSICS = np.array([[500.0, 0, 320], [0, 500, 240], [0, 0, 1]])


def looking(turn_deg: float, at: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """Rotation and translation of a camera 3 m above the floor at `at`, 25 degrees downwards, turned by `turn_deg`."""
    a, tilt = np.radians(turn_deg), np.radians(25)
    forward = np.array([np.cos(a) * np.cos(tilt), np.sin(a) * np.cos(tilt), -np.sin(tilt)])
    right = np.array([np.sin(a), -np.cos(a), 0.0])
    rotation = np.stack([right, np.cross(forward, right), forward])
    return rotation, -rotation @ np.array([*at, 3.0])


def walker(
    camera: str, track: int, pose: tuple[np.ndarray, np.ndarray], path: np.ndarray, times: np.ndarray
) -> Tracklet:
    """Boxes of a 1.7 m tall person at `path` (T, 2) metres."""
    rotation, translation = pose

    def pixels(height: float) -> np.ndarray:
        points = np.column_stack([path, np.full(len(path), height)]) @ rotation.T + translation
        assert (points[:, 2] > 0).all()
        return (points @ INTRINSICS.T)[:, :2] / points[:, 2:]

    feet, head = pixels(0.0), pixels(1.7)
    boxes = np.column_stack([feet[:, 0] - 15, head[:, 1], feet[:, 0] + 15, feet[:, 1]]).astype(np.float32)
    frames = np.round(times * 1000).astype(np.int64)
    return Tracklet(camera, track, frames, times, boxes, np.ones(len(times), np.float32))


POSES = {"a": looking(0, (0, 0)), "b": looking(180, (12, 1)), "c": looking(90, (6, -6))}
TIMES = np.arange(0, 8, 0.1)


def paths(count: int) -> list[np.ndarray]:
    """Walks 1.6 m beside each other along a bent line."""
    along = 4.5 + 3 * np.abs((TIMES / 4) % 2 - 1)
    return [np.column_stack([along, 1.6 * k - 1.6 + 0.5 * np.sin(TIMES + k)]) for k in range(count)]


def planes() -> dict[str, GroundPlane]:
    return {name: GroundPlane(homography_from_pose(INTRINSICS, *pose)) for name, pose in POSES.items()}


def scene(count: int = 3) -> list[Tracklet]:
    return [walker(c, k + 1, POSES[c], path, TIMES) for c in POSES for k, path in enumerate(paths(count))]


def test_feet_project_to_where_people_stand() -> None:
    for tracklet in scene():
        plane = planes()[tracklet.camera_id]
        assert plane.feet(tracklet.boxes) == pytest.approx(paths(3)[tracklet.track_id - 1], abs=1e-3)


def test_above_the_horizon_there_is_no_floor_and_cut_feet_are_not_trusted() -> None:
    plane = GroundPlane(homography_from_pose(INTRINSICS, *POSES["a"]), height=480)
    places = plane.feet(np.array([[300, -200, 340, -100], [300, 200, 340, 300], [300, 200, 340, 479.5]]))
    assert np.isfinite(places).all(axis=1).tolist() == [False, True, False]


def test_four_points_give_the_homography_back() -> None:
    truth = planes()["b"]
    image = np.array([[100, 300], [500, 320], [80, 470], [600, 460]], float)
    found = GroundPlane(homography_from_points(image, truth.to_ground(image)))
    probe = np.array([[320.0, 400.0]])
    assert found.to_ground(probe) == pytest.approx(truth.to_ground(probe), abs=1e-6)
    with pytest.raises(ValueError, match="no three on one line"):
        homography_from_points(np.array([[0, 0], [1, 1], [2, 2], [3, 3]]), image)


def test_place_alone_links_overlapping_views() -> None:
    identities = Associator(setup=CameraSetup(ground=planes())).associate(scene())
    assert [{t.track_id for t in i.tracklets} for i in identities] == [{1}, {2}, {3}]
    assert all(len(i.tracklets) == 3 for i in identities)


def test_fused_places_lie_on_the_walk_and_the_map_shows_them() -> None:
    identities = Associator(setup=CameraSetup(ground=planes())).associate(scene())
    places = fuse_places(identities, CameraSetup(ground=planes()))
    assert {p.cameras for p in places} == {("a", "b", "c")}
    first = [p for p in places if p.identity_id == 1 and 1 < p.time_s < 7]
    walk = np.array([[np.interp(p.time_s, TIMES, paths(1)[0][:, k]) for k in (0, 1)] for p in first])
    assert np.array([(p.x_m, p.y_m) for p in first]) == pytest.approx(walk, abs=0.2)
    assert max(p.spread_m for p in places) < 0.01
    picture = draw_top_view(places, lambda number: (0, 0, 255) if number == 1 else (0, 255, 0))
    assert (picture == (0, 0, 255)).all(axis=2).any()
    assert (picture == (0, 255, 0)).all(axis=2).any()
    assert draw_top_view([], lambda _: (0, 0, 0)).min() == 250


def test_of_three_views_one_that_stands_apart_does_not_count() -> None:
    tracklets = scene(1)
    hidden = tracklets[2].boxes.copy()
    hidden[40:60, 3] -= 60  # behind a table: the box ends at its edge
    cut = Tracklet("c", 1, tracklets[2].frame_indices, TIMES, hidden, tracklets[2].scores)
    places = fuse_places([Identity(1, (*tracklets[:2], cut))], CameraSetup(ground=planes()))
    inside = [p for p in places if 4.5 < p.time_s < 5.5]
    assert {p.cameras for p in inside} == {("a", "b")}
    assert {p.cameras for p in places if p.time_s < 3.5} == {("a", "b", "c")}
    walk = np.array([[np.interp(p.time_s, TIMES, paths(1)[0][:, k]) for k in (0, 1)] for p in inside])
    assert np.array([(p.x_m, p.y_m) for p in inside]) == pytest.approx(walk, abs=0.2)


def test_a_clock_that_is_off_is_found_from_known_people() -> None:
    """Two walk one behind the other: only who they are tells the second from a late first one."""
    times = np.arange(0, 24, 0.1)
    loop = np.column_stack([6 + np.cos(times), 1.5 * np.sin(times)])
    behind = np.column_stack([6 + np.cos(times - 1.3), 1.5 * np.sin(times - 1.3)])
    shown = [GroundPath(times, loop), GroundPath(times, behind), GroundPath(times + 1.3, loop)]
    assert clock_offsets(shown, list("aab")) == {"a": 0.0, "b": 0.0}  # taken for the one behind
    assert clock_offsets(shown, list("aab"), [1, 2, 1]) == {"a": 1.3, "b": 0.0}


@pytest.mark.parametrize("late_s", [0.0, 0.9, -2.0])
def test_a_clock_that_is_off_is_found_before_anybody_is_linked(late_s: float) -> None:
    times = np.arange(0, 24, 0.1)
    rng = np.random.default_rng(3)
    corners = rng.uniform([4.5, -2], [7.5, 2], (3, 13, 2))  # people who turn every two seconds
    walks = [
        np.column_stack([np.interp(times, 2 * np.arange(13), corner[:, axis]) for axis in (0, 1)]) for corner in corners
    ]
    tracklets = [
        walker(c, k + 1, POSES[c], walk, times + (late_s if c == "c" else 0.0))
        for c in POSES
        for k, walk in enumerate(walks)
    ]
    paths = [ground_path(tracklet, planes()[tracklet.camera_id]) for tracklet in tracklets]
    offsets = clock_offsets(paths, [tracklet.camera_id for tracklet in tracklets])
    assert offsets == {"a": 0.0, "b": 0.0, "c": pytest.approx(-late_s, abs=0.11)}
    setup = with_clocks(CameraSetup(ground=planes()), tracklets)
    assert setup.clock_errors_s == offsets
    assert with_clocks(setup, []) is setup  # found once
    identities = Associator(setup=CameraSetup(ground=planes())).associate(tracklets)
    assert [{t.track_id for t in i.tracklets} for i in identities] == [{t} for t in (1, 2, 3)]
    assert all(t in tracklets for i in identities for t in i.tracklets)  # times of tracklets are not rewritten


def test_people_who_all_walk_one_way_say_nothing_of_a_clock() -> None:
    times = np.arange(0, 10, 0.1)
    line = np.column_stack([4 + 0.5 * times, 0 * times])
    one = GroundPath(times, line)
    other = GroundPath(times, line + np.array([0.3, 0]))  # a calibration that is off, or a clock that is off by 0.6 s
    assert clock_offsets([one, other], ["a", "b"]) == {"a": 0.0, "b": 0.0}
    assert clock_offsets([one, None], ["a", "b"]) == {}
    assert clock_offsets([one, GroundPath(times, line + np.array([30.0, 0]))], ["a", "b"]) == {}


def test_unknown_views_are_calibrated_from_shared_people() -> None:
    tracklets = scene()
    identities = [Identity(k, tuple(t for t in tracklets if t.track_id == k)) for k in (1, 2, 3)]
    pairs = fit_view_pairs(identities, {})
    assert [(p.source, p.target) for p in pairs] == [("b", "a"), ("c", "a"), ("c", "b")]
    assert min(p.inliers for p in pairs) > 0.95
    chain = chain_to("a", pairs)
    there = planes()["a"].to_ground(_feet(tracklets, "a"))
    floor = metric_floor([t for t in tracklets if t.camera_id == "a"], 640)
    assert floor is not None
    for name in "bc":
        mapped = GroundPlane(floor @ chain[name]).to_ground(_feet(tracklets, name))
        direct = GroundPlane(floor).to_ground(_feet(tracklets, "a"))
        assert np.median(np.linalg.norm(mapped - direct, axis=1)) < 0.1
    own = GroundPlane(floor).to_ground(_feet(tracklets, "a"))
    # Distances in metres come out to a third although tilt and focal length are only guessed.
    ratio = np.linalg.norm(own[20] - own[70]) / np.linalg.norm(there[20] - there[70])
    assert 0.6 < ratio < 1.6


def test_clocks_of_unknown_views_are_found_with_their_homographies() -> None:
    late = {"a": 0.0, "b": 1.2, "c": 0.0}
    tracklets = [replace(t, times_s=t.times_s + late[t.camera_id]) for t in scene()]
    identities = [Identity(k, tuple(t for t in tracklets if t.track_id == k)) for k in (1, 2, 3)]
    clocks = view_clocks(identities)
    assert clocks == {"a": 0.0, "b": pytest.approx(-1.2, abs=0.11), "c": 0.0}
    assert min(p.inliers for p in fit_view_pairs(identities, clocks)) > 0.95
    assert not any(view_clocks(identities[:1]).values())  # a single line of steps fits with many clocks
    assert view_clocks([]) == {}


def _feet(tracklets: list[Tracklet], camera: str) -> np.ndarray:
    boxes = np.concatenate([t.boxes for t in tracklets if t.camera_id == camera])
    return np.column_stack([boxes[:, [0, 2]].mean(axis=1), boxes[:, 3]])


GOOD = """
cameras:
  hall:
    time_offset_s: 1.5
    points:
      - {image: [0, 400], ground: [0, 0]}
      - {image: [600, 400], ground: [4, 0]}
      - {image: [100, 200], ground: [0, 6]}
      - {image: [500, 200], ground: [4, 6]}
  door: {}
travel_times:
  - {from: hall, to: door, min_s: 4}
"""


def test_a_good_file(tmp_path: Path) -> None:
    file = tmp_path / "cameras.yaml"
    file.write_text(GOOD)
    setup = load_cameras(file, ["hall", "door", "yard"])
    assert setup.time_offsets_s == {"hall": 1.5, "door": 0.0}
    assert setup.min_travel_s == {("hall", "door"): 4.0, ("door", "hall"): 4.0}
    assert setup.ground["hall"].to_ground(np.array([[600, 400]])) == pytest.approx(np.array([[4, 0]]), abs=1e-6)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("door: {}", "dor: {}", "unknown camera 'dor'; the cameras of this run are hall, door"),
        ("to: door", "to: gate", "unknown camera 'gate'"),
        ("min_s: 4", "min_s: -4", "greater than or equal to 0, got -4"),
        ("time_offset_s", "offset", "unknown key 'cameras.hall.offset'"),
        ("[500, 200], ground: [4, 6]", "[300, 200], ground: [2, 6]", None),
        ("[500, 200], ground: [4, 6]", "[50, 300], ground: [9, 9]", "camera 'hall': "),
        (
            "door: {}",
            "door: {homography: [[1, 0, 0], [2, 0, 0], [0, 0, 1]]}",
            "camera 'door': the homography is singular",
        ),
        ("door: {}", "door: {rotation: [[1, 0, 0], [0, 1, 0], [0, 0, 1]]}", "belong together"),
    ],
)
def test_bad_files_are_one_line(tmp_path: Path, old: str, new: str, message: str | None) -> None:
    file = tmp_path / "cameras.yaml"
    text = GOOD.replace(old, new)
    if message == "camera 'hall': ":  # four image points on one line
        text = GOOD.replace("[600, 400]", "[150, 100]").replace("[500, 200]", "[50, 300]")
    file.write_text(text)
    if message is None:
        assert load_cameras(file, ["hall", "door"]).ground
        return
    with pytest.raises(ConfigError, match=r"cameras\.yaml") as caught:
        load_cameras(file, ["hall", "door"])
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_and_no_mapping(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot read"):
        load_cameras(tmp_path / "none.yaml", [])
    (tmp_path / "list.yaml").write_text("- 1")
    with pytest.raises(ConfigError, match="must hold"):
        load_cameras(tmp_path / "list.yaml", [])


def test_the_example_of_the_repository_is_good(repo_root: Path) -> None:
    setup = load_cameras(repo_root / "configs" / "cameras" / "example.yaml", ["hall", "door", "yard"])
    assert sorted(setup.ground) == ["door", "hall"]
    assert setup.ground["hall"].to_ground(np.array([[1064, 640]])) == pytest.approx(np.array([[4, 0]]), abs=1e-6)
    assert np.isfinite(setup.ground["door"].to_ground(np.array([[640, 600]]))).all()
