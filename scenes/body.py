"""The parts of a body and its clothes: bones, and round shapes on them.

Distances after Quilez's distance functions. The person looks along +x, +y is left, +z up; metres; rest pose with the
arms half raised.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scenes.clothes import Outfit

BONES = (
    "pelvis", "chest", "head",
    "left_thigh", "left_calf", "left_foot", "right_thigh", "right_calf", "right_foot",
    "left_upper_arm", "left_forearm", "right_upper_arm", "right_forearm",
)  # fmt: skip
PARENTS = (-1, 0, 1, 0, 3, 4, 0, 6, 7, 1, 9, 1, 11)
"""Index of each bone's parent; parents come before their children."""

MODEL_HEIGHT = 1.76
ARM_RAISE = np.deg2rad(50.0)
"""Arms stand off by this angle in the rest pose, so that they do not grow into the torso."""


def _joints() -> NDArray[np.float64]:
    """Where each bone begins in the rest pose, (bones, 3)."""
    left = {"thigh": (0, 0.09, 0.93), "calf": (0.005, 0.09, 0.50), "foot": (-0.01, 0.09, 0.09)}
    shoulder = np.array([0.0, 0.185, 1.43])
    arm = np.array([0.0, np.sin(ARM_RAISE), -np.cos(ARM_RAISE)])
    left |= {"upper_arm": tuple(shoulder), "forearm": tuple(shoulder + 0.29 * arm)}
    middle = {"pelvis": (0, 0, 0.98), "chest": (0, 0, 1.10), "head": (0, 0, 1.50)}
    mirror = np.array([1, -1, 1])
    places = {name: np.array(place, float) for name, place in middle.items()}
    for name, place in left.items():
        places[f"left_{name}"] = np.array(place, float)
        places[f"right_{name}"] = np.array(place, float) * mirror
    return np.array([places[bone] for bone in BONES])


JOINTS = _joints()
ARM_DIRECTION = (JOINTS[BONES.index("left_forearm")] - JOINTS[BONES.index("left_upper_arm")]) / 0.29


@dataclass(frozen=True)
class Shape:
    """One primitive of the distance field.

    Attributes:
        bone: Index of the bone that moves it.
        part: What it shows: "top", "bottom", "skin", "shoe", "hair" or "bag".
        start: One end (a round cone) or the centre (an ellipsoid), in metres.
        end: The other end, None for an ellipsoid.
        radii: (at start, at end) of a round cone, or the three half axes of an ellipsoid, in metres.
        hem: The shape is cut off below this height: the open end of a skirt or coat.
    """

    bone: int
    part: str
    start: tuple[float, ...]
    end: tuple[float, ...] | None
    radii: tuple[float, ...]
    hem: float | None = None

    def distance(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        """Signed distance of points (..., 3) to the surface, negative inside; approximate for ellipsoids."""
        start = np.array(self.start, np.float32)
        if self.end is None:
            scaled = (points - start) / np.array(self.radii, np.float32)
            length = np.sqrt((scaled**2).sum(-1)) + 1e-6
            slope = np.sqrt(((scaled / np.array(self.radii, np.float32)) ** 2).sum(-1)) + 1e-6
            return length * (length - 1) / slope
        axis = np.array(self.end, np.float32) - start
        along = np.clip(((points - start) @ axis) / float(axis @ axis), 0, 1)
        gap = points - start - along[..., None] * axis
        distance = np.sqrt((gap**2).sum(-1)) - (self.radii[0] + (self.radii[1] - self.radii[0]) * along)
        return distance if self.hem is None else np.maximum(distance, self.hem - points[..., 2])


def _limbs(outfit: Outfit) -> list[Shape]:
    """Arms and legs of the left side."""
    legs = "bottom" if outfit.long_bottom else "skin"
    loose = outfit.bottom_looseness
    thigh, calf, foot = (tuple(JOINTS[BONES.index(f"left_{name}")]) for name in ("thigh", "calf", "foot"))
    shoulder, elbow = (np.array(JOINTS[BONES.index(f"left_{name}")]) for name in ("upper_arm", "forearm"))
    wrist, fingers = elbow + 0.25 * ARM_DIRECTION, elbow + 0.36 * ARM_DIRECTION
    sleeve = outfit.top_looseness
    forearm, cuff = ("top", sleeve) if outfit.long_sleeves else ("skin", 0.0)
    bare = 0.0 if outfit.long_bottom else loose
    ids = {name: BONES.index(f"left_{name}") for name in ("thigh", "calf", "foot", "upper_arm", "forearm")}
    return [
        Shape(ids["thigh"], "bottom", thigh, calf, (0.088 + loose, 0.060 + loose)),
        Shape(ids["calf"], legs, calf, (calf[0] - 0.015, calf[1], 0.36), (0.056 + loose - bare, 0.058 + loose - bare)),
        Shape(ids["calf"], legs, (calf[0] - 0.015, calf[1], 0.36), (foot[0], foot[1], 0.13),
              (0.058 + loose - bare, 0.042 + 1.2 * (loose - bare))),
        Shape(ids["foot"], "shoe", (-0.035, 0.09, 0.045), (0.13, 0.10, 0.035), (0.045, 0.040)),
        Shape(ids["foot"], "shoe", (-0.01, 0.09, 0.10), (0.03, 0.09, 0.05), (0.043, 0.045)),
        Shape(ids["upper_arm"], "top", tuple(shoulder), tuple(elbow), (0.057 + sleeve, 0.044 + sleeve)),
        Shape(ids["forearm"], forearm, tuple(elbow), tuple(wrist), (0.042 + cuff, 0.031 + cuff)),
        Shape(ids["forearm"], "skin", tuple(wrist), tuple(fingers), (0.034, 0.026)),
    ]  # fmt: skip


def _mirrored(shape: Shape) -> Shape:
    """The same shape on the right side."""
    mirror = np.array([1, -1, 1])
    end = None if shape.end is None else tuple(np.array(shape.end) * mirror)
    bone = BONES.index(BONES[shape.bone].replace("left", "right"))
    return Shape(bone, shape.part, tuple(np.array(shape.start) * mirror), end, shape.radii)


def _middle(outfit: Outfit) -> list[Shape]:
    """Torso, head, hair, skirt, bag."""
    pelvis, chest, head = (BONES.index(name) for name in ("pelvis", "chest", "head"))
    t, wide = outfit.top_looseness, outfit.girth
    shapes = [
        Shape(pelvis, "bottom", (-0.015, 0, 0.94), None, (0.118 * wide, 0.160, 0.125)),
        Shape(pelvis, "top", (0, 0, 1.09), None, ((0.108 + t) * wide, 0.142 + t, 0.21)),
        Shape(chest, "top", (0.0, 0, 1.27), None, ((0.115 + t) * wide, 0.160 + t, 0.22)),
        Shape(chest, "top", (-0.01, -0.14, 1.42), (-0.01, 0.14, 1.42), (0.052 + t, 0.052 + t)),
        Shape(chest, "top", (-0.01, 0, 1.40), (-0.005, 0, 1.47), (0.10, 0.065)),
        Shape(chest, "skin", (-0.01, 0, 1.44), (0.005, 0, 1.56), (0.056, 0.053)),
        Shape(head, "skin", (0.012, 0, 1.635), None, (0.092, 0.075, 0.118)),
        Shape(head, "skin", (0.04, 0, 1.585), None, (0.06, 0.055, 0.06)),
        Shape(head, "hair", (-0.018, 0, 1.665), None, (0.097, 0.086, 0.105)),
    ]
    if outfit.coat_length > 0.1:
        low = 0.95 - outfit.coat_length
        shapes.append(
            Shape(
                pelvis, "top", (0, 0, 1.0), (0, 0, low), (0.135 * wide + t, 0.175 + t + 0.08 * outfit.coat_length), low
            )
        )
    if outfit.skirt_length > 0:
        low = 0.93 - outfit.skirt_length
        shapes.append(Shape(pelvis, "bottom", (0, 0, 1.0), (0, 0, low), (0.13, 0.14 + 0.16 * outfit.skirt_length), low))
    if outfit.long_hair:
        shapes.append(Shape(head, "hair", (-0.065, 0, 1.62), (-0.085, 0, 1.42), (0.075, 0.055)))
    if outfit.has_bag:
        shapes.append(Shape(chest, "bag", (-0.20, 0, 1.22), None, (0.10, 0.15, 0.22)))
    return shapes


def body_shapes(outfit: Outfit) -> list[Shape]:
    """All shapes of a person in an outfit."""
    limbs = _limbs(outfit)
    return [*_middle(outfit), *limbs, *(_mirrored(shape) for shape in limbs)]
