"""Options of the refinement of finished tracklets."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tracker.single_camera.options import Options


class SplitOptions(Options):
    """Cutting tracklets that mix two people.

    Attributes:
        min_distance: Cosine distance between the embeddings before and after a cut, from which on they are two people,
            for an embedder whose people lie 0.46 apart; others are scaled by the run's own tracklets.
        min_samples: Samples that each side of a cut must have; each is the mean of a span of time.
    """

    min_distance: float = Field(default=0.35, ge=0, le=2)
    min_samples: int = Field(default=1, ge=1)


class AbsenceOptions(Options):
    """Cutting tracklets at gaps in which one person left and another one took over.

    Attributes:
        max_chance: Largest probability that one person would have stayed unseen for so long in so plain a view.
        min_gap_s: Shortest such gap, in seconds.
        min_distance: Cosine distance of the embeddings before and after, below which it is one person all the same,
            scaled likewise.
    """

    max_chance: float = Field(default=0.01, gt=0, le=1)
    min_gap_s: float = Field(default=1.0, ge=0)
    min_distance: float = Field(default=0.1, ge=0, le=2)


class StitchOptions(Options):
    """Joining fragments of one person.

    Attributes:
        max_gap_s: Longest gap between fragments, in seconds.
        max_distance: Largest cosine distance of their embeddings, scaled likewise.
        max_speed: Largest speed through the gap, in box heights per second.
        slack: Distance allowed on top of that, in box heights.
    """

    max_gap_s: float = Field(default=4.0, ge=0)
    max_distance: float = Field(default=0.2, ge=0, le=2)
    max_speed: float = Field(default=0.5, ge=0)
    slack: float = Field(default=0.5, ge=0)


class RefinementOptions(Options):
    """What is done to finished tracklets, in this order; a part that is None is left out.

    Attributes:
        split: See `SplitOptions`.
        absence: See `AbsenceOptions`.
        stitch: See `StitchOptions`.
        min_duration_s: Shorter tracklets are dropped.
        min_boxes: Tracklets with fewer detected boxes are dropped.
        still_score: A tracklet that stays in one place is furniture if its mean score is below this share of the usual
            score of people who walk in its camera; None keeps all.
        fill_gap_s: Longest gap that is filled with boxes, in seconds.
        fill: Straight lines, or a Gaussian process through the detected boxes (StrongSORT's GSI).
        smooth: Smooth the boxes over time.
    """

    split: SplitOptions | None = SplitOptions()
    absence: AbsenceOptions | None = AbsenceOptions()
    stitch: StitchOptions | None = StitchOptions()
    min_duration_s: float = Field(default=0.5, ge=0)
    min_boxes: int = Field(default=3, ge=1)
    still_score: float | None = Field(default=0.8, ge=0, le=1)
    fill_gap_s: float = Field(default=2.0, ge=0)
    fill: Literal["linear", "gaussian", "none"] = "gaussian"
    smooth: bool = True
