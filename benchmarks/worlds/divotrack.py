"""DIVOTrack's ground truth as worlds: real people's paths in three views, with looks of a stated difficulty.

Hao et al., DIVOTrack: A Novel Dataset and Baseline Method for Cross-View Multi-Object Tracking in DIVerse Open Scenes,
IJCV 2024, arXiv:2302.07676. A folder `<scene>_<view>` per view with `gt.txt`, MOT rows whose identities are shared by
the views of a scene, and `seqinfo.ini`. The views are synchronous; no camera is calibrated and several move.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.worlds.sightings import SightingOptions, Visit, observe
from benchmarks.worlds.world import World
from crosscam.base.errors import InputError
from tracker.formats.seqinfo import read_sequence_info

MOTION_STEP_S = 0.2
MOTION_PEOPLE = 4
"""People that must be in view at both moments, for the median of their motion to tell the camera's."""


@dataclass(frozen=True, eq=False)
class Scene:
    """True boxes of one scene.

    Attributes:
        name: Of the scene.
        fps: Frames per second of its views.
        lengths: Number of frames of each view.
        rows: By view, float64 (N, 6): frame from 1, identity, left, top, width, height.
    """

    name: str
    fps: float
    lengths: dict[str, int]
    rows: dict[str, NDArray[np.float64]]

    @property
    def people(self) -> int:
        """Number of people in all views."""
        return len(np.unique(np.concatenate([rows[:, 1] for rows in self.rows.values()])))


def read_scenes(folder: Path) -> list[Scene]:
    """All scenes in a folder, in order of name.

    Raises:
        InputError: There are none.
    """
    views: dict[str, dict[str, Path]] = {}
    for file in sorted(folder.glob("*_*/gt.txt")):
        scene, view = file.parent.name.rsplit("_", 1)
        views.setdefault(scene, {})[view] = file
    if not views:
        raise InputError(f"no <scene>_<view>/gt.txt in {folder}: expected the folder of DIVOTrack's ground truth")
    return [_read_scene(scene, files) for scene, files in views.items()]


def _read_scene(name: str, files: dict[str, Path]) -> Scene:
    rates, lengths, rows = set(), {}, {}
    for view, file in files.items():
        info = read_sequence_info(file.with_name("seqinfo.ini"))
        rates.add(info.fps)
        table = np.loadtxt(file, delimiter=",", ndmin=2)[:, :6]
        rows[view] = table[(table[:, 4:6] > 0).all(axis=1)]  # a few boxes at the border are turned inside out
        lengths[view] = max(info.frames or 0, int(rows[view][:, 0].max()))
    if len(rates) > 1:
        raise InputError(f"the views of {name} have different frame rates: {sorted(rates)}")
    return Scene(name, rates.pop(), lengths, rows)


def observe_scene(scene: Scene, options: SightingOptions) -> World:
    """What a fallible tracker makes of a scene; its frame rate is that of the videos."""
    rng = np.random.default_rng(options.seed)
    people = np.unique(np.concatenate([rows[:, 1] for rows in scene.rows.values()]))
    visits = []
    for camera, rows in enumerate(scene.rows.values()):
        for person, number in enumerate(people):
            mine = rows[rows[:, 1] == number]
            mine = mine[np.argsort(mine[:, 0])]
            for part in np.split(mine, np.flatnonzero(np.diff(mine[:, 0]) > 1) + 1):
                if len(part):
                    boxes = np.column_stack([part[:, 2:4], part[:, 2:4] + part[:, 4:6]])
                    visits.append(Visit(camera, person, part[:, 0].astype(np.int64) - 1, boxes))
    return observe(rng, replace(options, fps=scene.fps), scene.lengths, visits)


def common_motion(scene: Scene) -> dict[str, float]:
    """How fast all people of each view move in step, in their own heights per second; NaN with too few people.

    People walk this way and that; what the median of them does is mostly the camera.
    """
    step = round(MOTION_STEP_S * scene.fps)
    return {view: _common_motion(rows, step) / MOTION_STEP_S for view, rows in scene.rows.items()}


def _common_motion(rows: NDArray[np.float64], step: int) -> float:
    moments = {
        int(frame): {int(r[1]): r for r in rows[rows[:, 0] == frame]} for frame in range(1, int(rows[:, 0].max()), step)
    }
    moved = []
    for now, then in pairwise(moments.values()):
        both = sorted(now.keys() & then.keys())
        if len(both) >= MOTION_PEOPLE:
            shifts = [(_head(then[k]) - _head(now[k])) / now[k][5] for k in both]
            moved.append(np.linalg.norm(np.median(shifts, axis=0)))
    return float(np.median(moved)) if moved else float("nan")


def _head(row: NDArray[np.float64]) -> NDArray[np.float64]:
    """Middle of a box's upper edge, float64 (2,)."""
    return np.array([row[2] + row[4] / 2, row[3]])
