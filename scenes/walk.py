"""Poses of a walking person: joint angles over the gait cycle, and the skin that follows them.

Angles after the normal gait curves of Winter, Biomechanics and Motor Control of Human Movement, simplified to a few
waves; the arms swing against the legs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scenes.body import ARM_RAISE, BONES, JOINTS, PARENTS
from scenes.figure import Figure

STRIDE_PER_HEIGHT = 0.80
"""Length of a stride (two steps) at walking speed, relative to body height."""
WALKING_SPEED = 1.3
"""Speed at which the swing of legs and arms is full, in metres per second."""


@dataclass(frozen=True)
class Gait:
    """How one person moves: factors of the average.

    Attributes:
        arm_swing: Of the arms' angle.
        step_swing: Of the legs' angle.
        lean: Forward lean of the chest in radians.
        elbow: Bend of the elbows at rest, in radians.
    """

    arm_swing: float = 1.0
    step_swing: float = 1.0
    lean: float = 0.04
    elbow: float = 0.25


def random_gait(rng: np.random.Generator) -> Gait:
    """A person's own way of walking."""
    arm, step, lean, elbow = rng.uniform([0.5, 0.9, 0.0, 0.1], [1.3, 1.1, 0.1, 0.6])
    return Gait(float(arm), float(step), float(lean), float(elbow))


def stride_length(height: float) -> float:
    """Metres walked in one full cycle (two steps)."""
    return STRIDE_PER_HEIGHT * height


def _bump(phase: float, centre: float, width: float) -> float:
    """A smooth hill of height 1 on the circle of phases [0, 1)."""
    away = (phase - centre + 0.5) % 1.0 - 0.5
    return float(np.exp(-((away / width) ** 2)))


def _turn(axis: int, angle: float) -> NDArray[np.float64]:
    """Rotation matrix about x (0), y (1) or z (2), angle in radians."""
    c, s = np.cos(angle), np.sin(angle)
    i, j = (axis + 1) % 3, (axis + 2) % 3
    matrix = np.eye(3)
    matrix[i, i] = matrix[j, j] = c
    matrix[i, j], matrix[j, i] = -s, s
    return matrix


def joint_rotations(phase: float, swing: float, gait: Gait) -> dict[str, NDArray[np.float64]]:
    """Rotation of each bone against its parent.

    Args:
        phase: Of the cycle, in [0, 1): the left heel strikes at 0, the right one at 0.5.
        swing: 0 stands, 1 walks at full stride.
        gait: The person's own way.
    """
    rotations = {bone: np.eye(3) for bone in BONES}
    cycle = 2 * np.pi * phase
    rotations["pelvis"] = _turn(2, -0.07 * swing * np.cos(cycle)) @ _turn(0, 0.03 * swing * np.sin(cycle))
    rotations["chest"] = _turn(2, 0.14 * swing * np.cos(cycle)) @ _turn(1, gait.lean * (0.3 + 0.7 * swing))
    rotations["head"] = _turn(1, -0.5 * gait.lean)
    for side, offset, sign in (("left", 0.0, 1.0), ("right", 0.5, -1.0)):
        own = (phase + offset) % 1.0
        hip = gait.step_swing * (0.10 + 0.42 * np.cos(2 * np.pi * (own - 0.93)))
        knee = 0.08 + 0.24 * _bump(own, 0.14, 0.09) + 1.02 * _bump(own, 0.72, 0.12)
        ankle = 0.10 * np.sin(2 * np.pi * (own - 0.1)) - 0.28 * _bump(own, 0.60, 0.06)
        rotations[f"{side}_thigh"] = _turn(1, -swing * hip)  # a turn about -y lifts the leg forward
        rotations[f"{side}_calf"] = _turn(1, 0.04 + swing * knee)
        rotations[f"{side}_foot"] = _turn(1, -swing * ankle + swing * (hip - knee) * 0.35)
        down = _turn(0, -sign * (ARM_RAISE - 0.11))
        arm = gait.arm_swing * swing * 0.38 * np.cos(2 * np.pi * (own - 0.5))
        rotations[f"{side}_upper_arm"] = _turn(1, -arm + 0.05) @ down
        bend = _turn(1, -(gait.elbow + 0.25 * swing * max(np.cos(2 * np.pi * (own - 0.5)), 0.0)))
        rotations[f"{side}_forearm"] = down.T @ bend @ down  # the elbow bends about the body's y axis
    return rotations


def _bone_transforms(rotations: dict[str, NDArray[np.float64]], scale: float) -> tuple[NDArray, NDArray]:
    """Rotation (bones, 3, 3) and shift (bones, 3) that take rest-pose points to posed ones."""
    turns, shifts = np.empty((len(BONES), 3, 3)), np.empty((len(BONES), 3))
    for bone, (name, parent) in enumerate(zip(BONES, PARENTS, strict=True)):
        joint = JOINTS[bone] * scale
        parent_turn = np.eye(3) if parent < 0 else turns[parent]
        place = joint if parent < 0 else parent_turn @ joint + shifts[parent]
        turns[bone] = parent_turn @ rotations[name]
        shifts[bone] = place - turns[bone] @ joint
    return turns, shifts


def pose(
    figure: Figure, rotations: dict[str, NDArray[np.float64]], position: NDArray[np.float64], heading: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Vertices and normals of a figure in the world.

    Args:
        figure: In its rest pose.
        rotations: Of the joints (`joint_rotations`).
        position: (2,) on the floor, metres.
        heading: Direction of view, radians from +x to +y.

    Returns:
        float32 (V, 3) vertices, whose lowest touches the floor, and float32 (V, 3) unit normals.
    """
    turns, shifts = _bone_transforms(rotations, figure.scale)
    world = _turn(2, heading)
    turns, shifts = world @ turns, shifts @ world.T
    blended = np.einsum("vb,bij->vij", figure.weights, turns.astype(np.float32), optimize=True)  # (V, 3, 3)
    vertices = np.einsum("vij,vj->vi", blended, figure.vertices) + figure.weights @ shifts.astype(np.float32)
    vertices += np.array([position[0], position[1], -vertices[:, 2].min()], np.float32)
    normals = np.einsum("vij,vj->vi", blended, figure.normals)
    return vertices, normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-6)
