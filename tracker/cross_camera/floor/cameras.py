"""The file given as `--cameras`: clocks, calibration and travel times of the cameras of one place.

    cameras:
      hall:
        time_offset_s: 0.0               # added to this video's times to get the time of the shared clock
        size: [1920, 1080]               # optional; feet at the lower border of the frame are then not trusted
        points:                          # at least four floor points: pixel and place in metres
          - {image: [312, 540], ground: [0.0, 0.0]}
          - ...
      door:
        intrinsics: [[fx, 0, cx], [0, fy, cy], [0, 0, 1]]
        distortion: [k1, k2, p1, p2, k3] # optional, as OpenCV has it
        rotation: [[...], [...], [...]]  # world to camera; the floor is Z = 0, in metres
        translation: [tx, ty, tz]
      yard:
        homography: [[...], [...], [...]] # pixel to place on the floor, in metres
    travel_times:
      - {from: hall, to: door, min_s: 4} # nobody is faster, in either direction unless the other one is listed too

Every key is optional; a camera that is not listed is simply not calibrated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from crosscam.base.errors import ConfigError
from crosscam.base.settings import read_settings, validated
from tracker.cross_camera.floor.ground import GroundPlane, homography_from_points, homography_from_pose

Row = Annotated[list[float], Field(min_length=3, max_length=3)]
Matrix = Annotated[list[Row], Field(min_length=3, max_length=3)]
Pair = Annotated[list[float], Field(min_length=2, max_length=2)]


class PointPair(BaseModel):
    """A floor point in the image, in pixels, and on the ground, in metres."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    image: Pair
    ground: Pair


class CameraOptions(BaseModel):
    """One camera of the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    time_offset_s: float = 0.0
    size: Annotated[list[int], Field(min_length=2, max_length=2)] | None = None
    points: Annotated[list[PointPair], Field(min_length=4)] | None = None
    homography: Matrix | None = None
    intrinsics: Matrix | None = None
    distortion: Annotated[list[float], Field(min_length=4, max_length=14)] | None = None
    rotation: Matrix | None = None
    translation: Row | None = None

    @model_validator(mode="after")
    def _one_calibration(self) -> CameraOptions:
        pose = (self.intrinsics, self.rotation, self.translation)
        if any(part is None for part in pose) and any(part is not None for part in pose):
            raise ValueError("intrinsics, rotation and translation belong together")
        kinds = [self.points is not None, self.homography is not None, self.intrinsics is not None]
        if sum(kinds) > 1:
            raise ValueError("give one of points, homography, or intrinsics with rotation and translation")
        return self


class TravelTime(BaseModel):
    """The shortest time from one camera's view to another's."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    origin: str = Field(alias="from")
    destination: str = Field(alias="to")
    min_s: float = Field(ge=0, description="seconds; somebody in view of one camera is not in the other's any sooner")


class CamerasFile(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    cameras: dict[str, CameraOptions] = Field(default_factory=dict)
    travel_times: list[TravelTime] = Field(default_factory=list)


@dataclass(frozen=True, eq=False)
class CameraSetup:
    """What is known of the cameras of one place; all of it may be missing.

    Attributes:
        time_offsets_s: Seconds to add to a camera's own times, by name.
        ground: Calibrated cameras by name.
        min_travel_s: Shortest travel time by (origin, destination).
        clock_errors_s: What a run itself tells of the clocks, seconds to add further, by name; None until it was asked
            (see `clock.with_clocks`).
    """

    time_offsets_s: dict[str, float] = field(default_factory=dict)
    ground: dict[str, GroundPlane] = field(default_factory=dict)
    min_travel_s: dict[tuple[str, str], float] = field(default_factory=dict)
    clock_errors_s: dict[str, float] | None = None


def load_cameras(path: str | Path, names: Sequence[str]) -> CameraSetup:
    """Read and check a cameras file.

    Args:
        path: YAML as above.
        names: The cameras of the run; the file must name no others.

    Raises:
        ConfigError: Not readable, unknown keys or cameras, a calibration that is singular, negative travel times.
    """
    file = validated(CamerasFile, read_settings(path), str(path))
    mentioned = [*file.cameras, *(name for t in file.travel_times for name in (t.origin, t.destination))]
    unknown = sorted(set(mentioned) - set(names))
    if unknown:
        raise ConfigError(f"{path}: unknown camera {unknown[0]!r}; the cameras of this run are {', '.join(names)}")
    ground = {}
    for name, options in file.cameras.items():
        try:
            plane = _plane(options)
        except ValueError as error:
            raise ConfigError(f"{path}: camera {name!r}: {error}") from error
        if plane is not None:
            ground[name] = plane
    travel = {(t.origin, t.destination): t.min_s for t in file.travel_times}
    for (origin, destination), seconds in list(travel.items()):
        travel.setdefault((destination, origin), seconds)
    return CameraSetup({name: o.time_offset_s for name, o in file.cameras.items()}, ground, travel)


def _plane(options: CameraOptions) -> GroundPlane | None:
    height = None if options.size is None else float(options.size[1])
    intrinsics = distortion = None
    homography: NDArray[np.float64]
    if options.points is not None:
        image = np.array([p.image for p in options.points])
        homography = homography_from_points(image, np.array([p.ground for p in options.points]))
    elif options.homography is not None:
        homography = np.array(options.homography, np.float64)
    elif options.intrinsics is not None:
        intrinsics = np.array(options.intrinsics, np.float64)
        distortion = None if options.distortion is None else np.array(options.distortion, np.float64)
        homography = homography_from_pose(intrinsics, np.array(options.rotation), np.array(options.translation))
    else:
        return None
    return GroundPlane(homography, height, intrinsics, distortion)
