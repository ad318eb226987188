"""Body part boxes from keypoints, where a pose model gives them: GLAD's three and SpindleNet's seven.

Wei et al., GLAD: Global-Local-Alignment Descriptor for Pedestrian Retrieval, ACM MM 2017; Zhao et al., Spindle Net,
CVPR 2017. A part whose keypoints are missing is marked invisible, and the masked part distance leaves it out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crosscam.base.errors import InputError

# Fourteen points in the order of the LSP and MPII style models that both papers use.
POINTS = (
    *("right_ankle", "right_knee", "right_hip", "left_hip", "left_knee", "left_ankle"),
    *("right_wrist", "right_elbow", "right_shoulder", "left_shoulder", "left_elbow", "left_wrist"),
    *("neck", "head_top"),
)
SPINDLE = {
    "head_shoulder": ("head_top", "neck", "right_shoulder", "left_shoulder"),
    "upper_body": (
        *("neck", "right_shoulder", "left_shoulder", "right_elbow", "left_elbow"),
        *("right_wrist", "left_wrist", "right_hip", "left_hip"),
    ),
    "lower_body": ("right_hip", "left_hip", "right_knee", "left_knee", "right_ankle", "left_ankle"),
    "right_arm": ("right_shoulder", "right_elbow", "right_wrist"),
    "left_arm": ("left_shoulder", "left_elbow", "left_wrist"),
    "right_leg": ("right_hip", "right_knee", "right_ankle"),
    "left_leg": ("left_hip", "left_knee", "left_ankle"),
}
HEAD_ABOVE_NOSE = 0.9  # head top above the nose, in lengths nose to neck: adult proportions, half a head each


@dataclass(frozen=True, eq=False)
class PartBoxes:
    """Boxes of named parts in one crop.

    Attributes:
        names: P part names.
        boxes: (x1, y1, x2, y2) in pixels of the crop, clipped to it, float32 (P, 4); zeros where not visible.
        visible: bool (P,).
    """

    names: tuple[str, ...]
    boxes: np.ndarray
    visible: np.ndarray


def from_coco(keypoints: np.ndarray) -> np.ndarray:
    """The fourteen points from COCO's seventeen; neck and head top are derived from shoulders and nose.

    Args:
        keypoints: x, y in pixels and confidence, (17, 3).

    Returns:
        x, y, confidence, float32 (14, 3).
    """
    keypoints = np.asarray(keypoints, dtype=np.float32)
    if keypoints.shape != (17, 3):
        raise InputError(f"expected COCO keypoints of shape (17, 3), got {keypoints.shape}")
    nose, left_shoulder, right_shoulder = keypoints[0], keypoints[5], keypoints[6]
    neck = (left_shoulder + right_shoulder) / 2
    neck[2] = min(left_shoulder[2], right_shoulder[2])
    head_top = nose + HEAD_ABOVE_NOSE * (nose - neck)
    head_top[2] = min(nose[2], neck[2])
    # COCO: 7/8 elbows, 9/10 wrists, 11/12 hips, 13/14 knees, 15/16 ankles, left first.
    order = [16, 14, 12, 11, 13, 15, 10, 8, 6, 5, 7, 9]
    return np.concatenate([keypoints[order], neck[None], head_top[None]])


def glad_parts(
    points: np.ndarray, size: tuple[int, int], slack: float | None = None, confidence: float = 0.3
) -> PartBoxes:
    """Head, upper body and lower body; only the head has a horizontal position, the others span the crop.

    Args:
        points: x, y in pixels and confidence, (14, 3), see `POINTS`.
        size: (width, height) of the crop in pixels.
        slack: Added above and below, in pixels; default: 15 at a height of 512, in proportion.
        confidence: Points below it are missing.
    """
    found = _named(points, confidence)
    width, height = size
    alpha = 15.0 * height / 512.0 if slack is None else slack
    boxes: list[tuple[float, float, float, float] | None] = [None, None, None]
    head, neck = found.get("head_top"), found.get("neck")
    hips = [found[name][1] for name in ("right_hip", "left_hip") if name in found]
    middle = float(np.mean(hips)) if hips else None
    if head is not None and neck is not None:
        half, centre = (neck[1] - head[1] + 2 * alpha) / 2, (head[0] + neck[0]) / 2
        boxes[0] = (centre - half, head[1] - alpha, centre + half, neck[1] + alpha)
    if neck is not None and middle is not None:
        boxes[1] = (0.0, neck[1] - 2 * alpha, width, middle + 2 * alpha)
    if middle is not None:
        boxes[2] = (0.0, middle - 2 * alpha, width, height)
    return _clipped(("head", "upper_body", "lower_body"), boxes, size)


def spindle_parts(
    points: np.ndarray, size: tuple[int, int], margin: float = 0.05, confidence: float = 0.3
) -> PartBoxes:
    """Three large and four small regions, each the smallest rectangle around its keypoints.

    Args:
        points: x, y in pixels and confidence, (14, 3), see `POINTS`.
        size: (width, height) of the crop in pixels.
        margin: Added on every side, as a share of the crop's height: a limb is wider than its line of points.
        confidence: Points below it are missing; a part needs two thirds of its points.
    """
    found = _named(points, confidence)
    extra = margin * size[1]
    boxes: list[tuple[float, float, float, float] | None] = []
    for names in SPINDLE.values():
        known = np.array([found[name] for name in names if name in found])
        if 3 * len(known) < 2 * len(names):
            boxes.append(None)
            continue
        (x1, y1), (x2, y2) = known.min(axis=0) - extra, known.max(axis=0) + extra
        boxes.append((x1, y1, x2, y2))
    return _clipped(tuple(SPINDLE), boxes, size)


def _named(points: np.ndarray, confidence: float) -> dict[str, np.ndarray]:
    """Positions (2,) of the points that were found."""
    points = np.asarray(points, dtype=np.float32)
    if points.shape != (len(POINTS), 3):
        raise InputError(f"expected keypoints of shape (14, 3), got {points.shape}")
    return {name: point[:2] for name, point in zip(POINTS, points, strict=True) if point[2] >= confidence}


def _clipped(
    names: tuple[str, ...], boxes: list[tuple[float, float, float, float] | None], size: tuple[int, int]
) -> PartBoxes:
    """Boxes clipped to the crop; one that is missing, or outside, is invisible."""
    table = np.array([box or (0.0, 0.0, 0.0, 0.0) for box in boxes], dtype=np.float32)
    table = np.clip(table, 0, [size[0], size[1], size[0], size[1]]).astype(np.float32)
    visible = (table[:, 2] - table[:, 0] >= 1) & (table[:, 3] - table[:, 1] >= 1)
    return PartBoxes(names, table * visible[:, None], visible)
