"""The curves' scores are TrackEval's, and DIVOTrack's ground truth becomes a world."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.identity.curves import Panel, draw_curves
from benchmarks.identity.divotrack import Maker
from benchmarks.identity.modes import Evidence, bounds, offline, online
from benchmarks.identity.scores import NOBODY, compare_boxes
from benchmarks.worlds.divotrack import common_motion, observe_scene, read_scenes
from benchmarks.worlds.sightings import SightingOptions
from benchmarks.worlds.synthetic_world import WorldOptions, make_world
from crosscam.base.errors import InputError
from tracker.structures import Identity

EASY = WorldOptions(people=6, cameras=2, minutes=1.0, similarity=0.75, seed=2)


@pytest.fixture(scope="module")
def world():
    return make_world(EASY)


@pytest.fixture(scope="module")
def boxes(world):
    return compare_boxes(world)


def test_scores_are_those_of_trackeval(world, boxes) -> None:
    labels = np.random.default_rng(0).integers(1, 5, len(world.tracklets))
    identities = [
        Identity(n, tuple(t for t, k in zip(world.tracklets, labels, strict=True) if k == n)) for n in set(labels)
    ]
    expected = world.score(identities).multi_camera
    found = boxes.scores(labels[boxes.tracklets])
    assert found["IDF1"] == pytest.approx(expected["IDF1"], abs=1e-3)
    assert found["wrong_merges"] == expected["wrong_merges"]
    assert found["wrong_splits"] == expected["wrong_splits"]


def test_boxes_without_a_number_are_missed(boxes) -> None:
    assert boxes.scores(np.full(len(boxes.frames), NOBODY))["IDF1"] == 0


def test_online_ends_where_offline_does_and_shows_less_on_the_way(world, boxes) -> None:
    evidence = Evidence(time=True)
    (after,) = offline(world, boxes, evidence).values()
    live = online(world, boxes, evidence)
    perfect = boxes.scores(bounds(world, boxes)["perfect linking"])["IDF1"]
    shown, end = (boxes.scores(live[f"online, {name}"])["IDF1"] for name in ("as shown", "in the end"))
    assert boxes.scores(after)["IDF1"] == pytest.approx(perfect, abs=1)
    assert end == pytest.approx(perfect, abs=1)
    assert 40 < shown < end


def write_scene(folder: Path, views: int = 3) -> None:
    """Four people who walk to the right, in step, 100 px high; the second view sees them half a second later."""
    for view in range(views):
        place = folder / f"hall_View{view}"
        place.mkdir(parents=True)
        rows = [
            f"{frame},{person},{10 + 300 * person + 2 * frame},{5},{40},{100},1,1,1"
            for person in range(1, 5)
            for frame in range(1 + 15 * view, 91)
        ]
        rows.append("1,9,5,5,-3,-2,1,1,1")
        (place / "gt.txt").write_text("\n".join(rows), encoding="utf-8")
        info = "[Sequence]\nname = x\nframerate = 30\nseqlength = 90\nimwidth = 1920\nimheight = 1080\n"
        (place / "seqinfo.ini").write_text(info, encoding="utf-8")


def test_divotrack_becomes_a_world(tmp_path: Path) -> None:
    write_scene(tmp_path)
    (scene,) = read_scenes(tmp_path)
    assert (scene.name, scene.people, scene.fps, list(scene.rows)) == ("hall", 4, 30, ["View0", "View1", "View2"])
    world = observe_scene(scene, SightingOptions(miss_rate=0, box_noise=0, breaks_per_minute=0))
    assert [t.camera_id for t in world.tracklets] == sorted(["View0", "View1", "View2"] * 4)
    assert world.tracklets[0].start_s == 0
    assert world.tracklets[-1].start_s == 1
    assert world.score(world.perfect_identities()).multi_camera["IDF1"] == 100
    assert common_motion(scene)["View0"] == pytest.approx(0.6)  # heights per second
    with pytest.raises(InputError, match="expected the folder of DIVOTrack"):
        read_scenes(tmp_path / "hall_View0")


def test_curves_are_measured_and_drawn(tmp_path: Path) -> None:
    write_scene(tmp_path)
    (scene,) = read_scenes(tmp_path)
    kinds = (Evidence(), Evidence(time=True))
    hall = Panel("hall", Maker(scene), kinds, kinds[-1:], seeds=2)
    rows = [row for similarity in (0.7, 0.4) for row in hall.measure(similarity)]
    ways = ["perfect linking", "no linking", "offline", "offline", "online, as shown", "online, in the end"]
    assert [row["way"] for row in rows] == 2 * ways
    assert {row["seeds"] for row in rows} == {2}
    draw_curves(rows, 1, tmp_path / "curves.png")
    assert (tmp_path / "curves.png").stat().st_size > 1000
