"""A human body with clothes as one smooth mesh on bones.

The body is a smooth union of round cones and ellipsoids (a signed distance field, after Quilez's distance functions)
in a rest pose, arms half raised; its surface is a mesh whose vertices follow the bones by linear blend skinning.
The person looks along +x, +y is left, +z up; metres.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crosscam.base.errors import InputError
from scenes.body import BONES, MODEL_HEIGHT, Shape, body_shapes
from scenes.clothes import Outfit

VOXEL = 0.014
"""Edge of a grid cell of the distance field, in metres: below a pixel at 6 m in the sample videos."""
BLEND = 0.035
"""Width of the smooth union within a body, in metres."""
FAR = 0.3
"""Distance of points that no shape is near, in metres."""
SKINNING_SOFTNESS = 0.02
"""How fast a bone's pull fades with the distance from its shapes, in metres."""


@dataclass(frozen=True, eq=False)
class Figure:
    """A body in its rest pose.

    Attributes:
        vertices: float32 (V, 3), metres, `height / MODEL_HEIGHT` times the model's size.
        normals: float32 (V, 3), unit vectors outwards.
        faces: int64 (F, 3), indices of vertices.
        weights: float32 (V, bones), rows sum to 1.
        parts: (V,) what each vertex shows, see `Shape.part`.
        rest: float32 (V, 3), the vertices before scaling, where patterns of clothes are drawn.
        scale: `height / MODEL_HEIGHT`.
    """

    vertices: NDArray[np.float32]
    normals: NDArray[np.float32]
    faces: NDArray[np.int64]
    weights: NDArray[np.float32]
    parts: NDArray[np.str_]
    rest: NDArray[np.float32]
    scale: float


def _smooth_union(a: NDArray[np.float32], b: NDArray[np.float32], width: float) -> NDArray[np.float32]:
    """Quilez's polynomial smooth minimum."""
    mix = np.maximum(width - np.abs(a - b), 0) / width
    return np.minimum(a, b) - mix * mix * width * 0.25


def _add(field: NDArray[np.float32], shape: Shape, points: NDArray[np.float32]) -> None:
    """Unite a shape with a field on a grid, in place, only where it can move the surface."""
    ends = np.array([shape.start, shape.start if shape.end is None else shape.end])
    reach = max(shape.radii) + BLEND + 2 * VOXEL
    low, high = ends.min(axis=0) - reach, ends.max(axis=0) + reach
    first = np.clip(np.floor((low - points[0, 0, 0]) / VOXEL).astype(int), 0, field.shape)
    last = np.clip(np.ceil((high - points[0, 0, 0]) / VOXEL).astype(int) + 1, 0, field.shape)
    block = tuple(slice(a, b) for a, b in zip(first, last, strict=True))
    field[block] = _smooth_union(field[block], shape.distance(points[block]), BLEND)


def _body_distance(shapes: list[Shape], points: NDArray[np.float32]) -> NDArray[np.float32]:
    """Signed distance to the body near its surface: limbs blend into the torso and not into each other.

    Args:
        shapes: Of the whole body.
        points: float32 (X, Y, Z, 3), a grid with `VOXEL` between neighbours.

    Returns:
        float32 (X, Y, Z); far from the body a constant.
    """
    sides = [BONES[shape.bone].split("_")[0] for shape in shapes]
    middle = np.full(points.shape[:3], FAR, np.float32)
    for shape, side in zip(shapes, sides, strict=True):
        if side not in ("left", "right"):
            _add(middle, shape, points)
    body = np.full_like(middle, FAR)
    for half in ("left", "right"):
        field = middle.copy()
        for shape, side in zip(shapes, sides, strict=True):
            if side == half:
                _add(field, shape, points)
        body = np.minimum(body, field)
    return body


def _bone_weights(shapes: list[Shape], points: NDArray[np.float32]) -> NDArray[np.float32]:
    """How much each bone moves each vertex: its nearest shape counts; a limb does not pull the other side."""
    nearest = np.full((len(points), len(BONES)), np.inf, np.float32)
    for shape in shapes:
        nearest[:, shape.bone] = np.minimum(nearest[:, shape.bone], shape.distance(points))
    for bone, name in enumerate(BONES):
        if name.startswith(("left", "right")):
            other_side = points[:, 1] < 0 if name.startswith("left") else points[:, 1] > 0
            nearest[other_side, bone] = np.inf
    weights = np.exp(-np.maximum(nearest - nearest.min(axis=1, keepdims=True), 0) / SKINNING_SOFTNESS)
    weights /= weights.sum(axis=1, keepdims=True)
    return weights


def _let_skirt_follow(weights: NDArray[np.float32], points: NDArray[np.float32]) -> NDArray[np.float32]:
    """Give part of the pelvis' pull on what hangs below it to the thighs, so that legs do not step through cloth."""
    pelvis, left, right = (BONES.index(name) for name in ("pelvis", "left_thigh", "right_thigh"))
    leftness = 1 / (1 + np.exp(-points[:, 1] / 0.05))
    given = weights[:, pelvis] * np.clip((0.92 - points[:, 2]) / 0.3, 0, 0.85)
    weights = weights.copy()
    weights[:, pelvis] -= given
    weights[:, left] += given * leftness
    weights[:, right] += given * (1 - leftness)
    return weights


def _parts(shapes: list[Shape], points: NDArray[np.float32], hem: float) -> NDArray[np.str_]:
    """What each vertex shows: the part of the shape it lies on; hair leaves the face free.

    On the torso the top ends at the height `hem`.
    """
    distances = np.stack([shape.distance(points) for shape in shapes])
    names = np.array([shape.part for shape in shapes])
    face = (points[:, 0] > 0.045) & (points[:, 2] < 1.69) & (points[:, 2] > 1.5)
    distances[np.ix_(names == "hair", face)] = np.inf
    nearest = distances.argmin(axis=0)
    parts = names[nearest]
    on_torso = np.array([BONES[shape.bone] in ("pelvis", "chest") for shape in shapes])[nearest]
    parts[on_torso & (parts == "bottom") & (points[:, 2] > hem)] = "top"
    parts[on_torso & (parts == "top") & (points[:, 2] < hem)] = "bottom"
    return parts


def import_pyvista() -> Any:
    """The pyvista package.

    Raises:
        InputError: It is missing; the message tells how to install it.
    """
    try:
        return import_module("pyvista")
    except ModuleNotFoundError as error:
        raise InputError("pyvista is needed to render: pip install -e '.[render]'") from error


def build_figure(outfit: Outfit, height: float = MODEL_HEIGHT) -> Figure:
    """Make the body of a person in an outfit; `height` in metres."""
    pv = import_pyvista()
    shapes = body_shapes(outfit)
    low, high = np.array([-0.36, -0.75, -0.02]), np.array([0.25, 0.75, 1.82])
    counts = np.ceil((high - low) / VOXEL).astype(int) + 1
    axes = [(low[k] + VOXEL * np.arange(counts[k])).astype(np.float32) for k in range(3)]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)  # (X, Y, Z, 3)
    grid = pv.ImageData(dimensions=counts, spacing=(VOXEL,) * 3, origin=low)
    grid["distance"] = _body_distance(shapes, points).ravel(order="F")
    surface = grid.contour([0.0], scalars="distance", method="flying_edges", compute_normals=False)
    surface = surface.compute_normals(cell_normals=False, auto_orient_normals=True, consistent_normals=True)
    vertices = np.asarray(surface.points, np.float32)
    scale = height / MODEL_HEIGHT
    return Figure(
        vertices=vertices * np.float32(scale),
        normals=np.asarray(surface.point_data["Normals"], np.float32),
        faces=np.asarray(surface.regular_faces, np.int64),
        weights=_let_skirt_follow(_bone_weights(shapes, vertices), vertices),
        parts=_parts(shapes, vertices, 0.99 - outfit.coat_length),
        rest=vertices,
        scale=scale,
    )
