"""People who walk from camera to camera, without pictures: tracklets with known identities, at a stated difficulty.

    world = make_world(WorldOptions(people=50, cameras=4, similarity=0.5, seed=1))
    identities = Associator(options, world.setup(calibrated=False)).associate(world.tracklets)
    world.score(identities).multi_camera["IDF1"]

Areas lie on a grid, `gap_m` apart or overlapping; people go from area to area and come back to some. What is made of
them is said in `sightings`. Import this with the repository's root and `tools/` on the path.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchmarks.worlds.sightings import Visit, observe
from benchmarks.worlds.synthetic_walks import AREA_M, WorldOptions, areas, camera_over, person_boxes, walk
from benchmarks.worlds.world import World
from tracker.cross_camera.floor.ground import GroundPlane


def make_world(options: WorldOptions) -> World:
    """Let everybody walk, and see what the cameras and a fallible tracker make of it."""
    rng = np.random.default_rng(options.seed)
    corners, neighbours = areas(options)
    cameras = [camera_over(f"cam{k + 1}", corner) for k, corner in enumerate(corners)]
    visits = []
    for person in range(options.people):
        places, height = walk(rng, options, corners, neighbours), rng.uniform(1.55, 1.9)
        for number, camera in enumerate(cameras):
            inside = ((places >= corners[number]) & (places <= corners[number] + AREA_M)).all(axis=1)
            for frames in _stretches(inside):
                visits.append(Visit(number, person, frames, person_boxes(camera, places[frames], height)))
    ground = {camera.name: GroundPlane(camera.floor_homography(), float(camera.height)) for camera in cameras}
    return observe(rng, options, {camera.name: options.frames for camera in cameras}, visits, ground)


def _stretches(inside: NDArray[np.bool_]) -> list[NDArray[np.int64]]:
    """Frames in which somebody is in an area, visit by visit."""
    frames = np.flatnonzero(inside)
    return [run for run in np.split(frames, np.flatnonzero(np.diff(frames) > 1) + 1) if len(run)]
