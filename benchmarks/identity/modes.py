"""Ways to find the identities of a world: after the fact or while it goes on, with and without time and place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.identity.scores import NOBODY, BoxTruth
from benchmarks.worlds.world import World
from tracker.cross_camera.live.online_identities import OnlineIdentities
from tracker.cross_camera.live.online_track import ActiveTrack
from tracker.cross_camera.options import CrossCameraOptions
from tracker.cross_camera.partition.associator import Associator

Labels = NDArray[np.int64]


@dataclass(frozen=True)
class Evidence:
    """What identities are decided by, beside appearance.

    Attributes:
        time: Travel times, learned from the run itself.
        place: Where people stand on the floor, in calibrated cameras.
    """

    time: bool = False
    place: bool = False

    @property
    def name(self) -> str:
        """As tables and pictures say it."""
        return "appearance" + " + time" * self.time + " + place" * self.place

    @property
    def options(self) -> CrossCameraOptions:
        """For the associator."""
        return CrossCameraOptions(travel_times=self.time)


def offline(world: World, boxes: BoxTruth, evidence: Evidence) -> dict[str, Labels]:
    """Label of each box by the associator, which has the whole world in view."""
    identities = Associator(evidence.options, world.setup(evidence.place)).associate(world.tracklets)
    number = {(t.camera_id, t.track_id): identity.identity_id for identity in identities for t in identity.tracklets}
    of_tracklets = np.array([number[t.camera_id, t.track_id] for t in world.tracklets])
    return {"offline": of_tracklets[boxes.tracklets]}


def online(world: World, boxes: BoxTruth, evidence: Evidence) -> dict[str, Labels]:
    """Label of each box by online identities: as shown at its moment (pending is nobody), and as known in the end."""
    live = OnlineIdentities(evidence.options, world.setup(evidence.place))
    crops = [dict(zip(f.tolist(), e, strict=True)) for f, e in world.crops]
    all_boxes = np.concatenate([t.boxes for t in world.tracklets])
    keys = [(t.camera_id, t.track_id) for t in world.tracklets]
    shown, numbers = np.full(len(boxes.frames), NOBODY), dict[tuple[str, int], int]()
    order = np.argsort(boxes.frames, kind="stable")
    moments, starts = np.unique(boxes.frames[order], return_index=True)
    for frame, rows in zip(moments.tolist(), np.split(order, starts[1:]), strict=True):
        seen = boxes.tracklets[rows].tolist()
        views = zip(seen, all_boxes[rows], strict=True)
        tracks = [ActiveTrack(keys[t][0], keys[t][1], box, crops[t].get(frame)) for t, box in views]
        told = live.step(frame / world.fps, tracks)
        shown[rows] = [NOBODY if told[keys[t]] is None else told[keys[t]] for t in seen]
        numbers |= {key: number for key, number in live.current().items() if number is not None}
    numbers |= {key: n for key, n in live.finish(float(moments[-1]) / world.fps).items() if n is not None}
    of_tracklets = np.array([live.identity_of(numbers[key]) if key in numbers else NOBODY for key in keys])
    alone = -2 - np.arange(len(keys))  # a track that was never decided has a number of its own
    of_tracklets = np.where(of_tracklets == NOBODY, alone, of_tracklets)
    return {"online, as shown": shown, "online, in the end": of_tracklets[boxes.tracklets]}


def bounds(world: World, boxes: BoxTruth) -> dict[str, Labels]:
    """What linking is between: none, and every tracklet with the person it mostly shows."""
    return {"perfect linking": world.people[boxes.tracklets], "no linking": boxes.tracklets}
