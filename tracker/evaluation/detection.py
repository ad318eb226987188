"""How well people are found in single images: average precision, recall at given false alarms, miss rate.

Ignore rules of the Caltech benchmark (Dollár et al., Pedestrian Detection, PAMI 2012, section 3.2): detections are
matched first to people who count; what is left over and lies in an ignored box or region (another class, hidden, too
small) is neither right nor wrong, however many such detections there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crosscam.base.boxes import box_area, box_iou, intersection_area

IOU_THRESHOLDS = tuple(np.round(np.arange(0.5, 0.96, 0.05), 2).tolist())
"""Of AP50:95 (COCO)."""
MISS_RATE_POINTS = tuple(np.logspace(-2, 0, 9).tolist())
"""False positives per image at which the log-average miss rate samples (Dollár et al., section 3.1)."""
RECALL_POINTS = (0.1, 0.3, 1.0)
"""False positives per image at which recall is told."""
MIN_INSIDE = 0.5
"""Share of a detection's own area that must lie in an ignored region; regions are often larger than a person."""


@dataclass(frozen=True, eq=False)
class ImageBoxes:
    """One image's detections and truth, boxes as (x1, y1, x2, y2) in pixels.

    Attributes:
        boxes: Detections, (N, 4).
        scores: (N,).
        truth: People that must be found, (G, 4).
        ignored: Regions that neither count nor cost, (M, 4).
    """

    boxes: NDArray
    scores: NDArray
    truth: NDArray
    ignored: NDArray


@dataclass(frozen=True, eq=False)
class Ranking:
    """All counted detections of a set of images, best score first.

    Attributes:
        scores: float (D,), falling.
        correct: bool (D,).
        people: Number of true boxes that count.
        images: Number of images.
    """

    scores: NDArray[np.float64]
    correct: NDArray[np.bool_]
    people: int
    images: int

    @property
    def recall(self) -> NDArray[np.float64]:
        """Share of the people found by the first 1, 2, ... detections, (D,)."""
        return np.cumsum(self.correct) / max(self.people, 1)

    @property
    def precision(self) -> NDArray[np.float64]:
        """Share of the first 1, 2, ... detections that are right, (D,)."""
        return np.cumsum(self.correct) / np.arange(1, len(self.correct) + 1)

    @property
    def false_positives_per_image(self) -> NDArray[np.float64]:
        """Wrong ones among the first 1, 2, ... detections, over the number of images, (D,)."""
        return np.cumsum(~self.correct) / max(self.images, 1)


@dataclass(frozen=True)
class DetectionScores:
    """The figures of one set of images; all shares in [0, 1].

    Attributes:
        ap50: Average precision at an overlap of 0.5.
        ap50_95: Mean over overlaps 0.5, 0.55, ... 0.95.
        recall_at: Recall by false positives per image ("0.1", "0.3", "1").
        miss_rate: Log-average miss rate between 0.01 and 1 false positives per image; small is good.
        people: Number of true boxes that count.
        images: Number of images.
    """

    ap50: float
    ap50_95: float
    recall_at: dict[str, float]
    miss_rate: float
    people: int
    images: int


def evaluate_detections(images: Sequence[ImageBoxes]) -> DetectionScores:
    """All figures of a set of images."""
    rankings = [rank_detections(images, threshold) for threshold in IOU_THRESHOLDS]
    precisions = [average_precision(ranking) for ranking in rankings]
    recall = {f"{rate:g}": recall_at(rankings[0], rate) for rate in RECALL_POINTS}
    miss = log_average_miss_rate(rankings[0])
    return DetectionScores(precisions[0], float(np.mean(precisions)), recall, miss, rankings[0].people, len(images))


def rank_detections(images: Sequence[ImageBoxes], min_iou: float) -> Ranking:
    """Match every image's detections, and sort those that count by score over all images."""
    scores, correct = [], []
    for image in images:
        order = np.argsort(-image.scores, kind="stable")
        hit, counts = match_image(image.boxes[order], image.truth, image.ignored, min_iou)
        scores.append(image.scores[order][counts])
        correct.append(hit[counts])
    all_scores = np.concatenate([*scores, np.zeros(0)]).astype(np.float64)
    all_correct = np.concatenate([*correct, np.zeros(0, bool)]).astype(bool)
    order = np.argsort(-all_scores, kind="stable")
    people = sum(len(image.truth) for image in images)
    return Ranking(all_scores[order], all_correct[order], people, len(images))


def match_image(
    boxes: NDArray, truth: NDArray, ignored: NDArray, min_iou: float
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Match detections in the order given, each to the free person that it overlaps most.

    A detection without a person does not count when at least `MIN_INSIDE` of its area lies in one ignored region.

    Args:
        boxes: (N, 4), best score first.
        truth: (G, 4).
        ignored: (M, 4).
        min_iou: Least overlap of a match.

    Returns:
        Whether each detection is right, and whether it counts, bool (N,) each.
    """
    correct, free = np.zeros(len(boxes), bool), np.ones(len(truth), bool)
    overlap = box_iou(boxes, truth)  # (N, G)
    for row in range(len(boxes) if len(truth) else 0):
        candidates = np.where(free, overlap[row], -1.0)
        best = int(np.argmax(candidates))
        if candidates[best] >= min_iou:
            correct[row], free[best] = True, False
    if len(ignored) == 0:
        return correct, np.ones(len(boxes), bool)
    inside = intersection_area(boxes, ignored) / np.maximum(box_area(boxes), 1e-9)[:, None]
    return correct, correct | ~(inside >= MIN_INSIDE).any(axis=1)


def average_precision(ranking: Ranking) -> float:
    """Area under the precision-recall curve with precision made to fall, as PASCAL VOC since 2010; NaN without people.

    COCO samples the same curve at 101 recalls, which differs in the third digit.
    """
    if ranking.people == 0:
        return float("nan")
    if len(ranking.scores) == 0:
        return 0.0
    envelope = np.maximum.accumulate(ranking.precision[::-1])[::-1]
    steps = np.diff(ranking.recall, prepend=0.0)
    return float((envelope * steps).sum())


def recall_at(ranking: Ranking, false_positives_per_image: float) -> float:
    """Highest recall reached with at most so many false positives per image; NaN without people."""
    if ranking.people == 0:
        return float("nan")
    allowed = ranking.false_positives_per_image <= false_positives_per_image
    return float(ranking.recall[allowed].max(initial=0.0))


def log_average_miss_rate(ranking: Ranking) -> float:
    """Geometric mean of the miss rates at nine rates of false positives from 0.01 to 1 per image; NaN if no people."""
    if ranking.people == 0:
        return float("nan")
    misses = [max(1 - recall_at(ranking, rate), 1e-10) for rate in MISS_RATE_POINTS]
    return float(np.exp(np.mean(np.log(misses))))
