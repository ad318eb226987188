"""Options of one association stage."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from tracker.single_camera.association.costs import COSTS

TENTATIVE, TRACKED, LOST = 0, 1, 2
"""States: not confirmed yet; matched in the last frame; confirmed but not matched in the last frame."""

STATES = {"tracked": TRACKED, "lost": LOST, "tentative": TENTATIVE}
"""Names of the states in the options."""

TrackGroup = Literal["tracked", "lost", "tentative"]


class Options(BaseModel):
    """Frozen; an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class StageOptions(Options):
    """One round of matching: which tracks, which detections, what a pair costs, and when it is refused.

    Attributes:
        tracks: "tracked" were matched in the last frame, "lost" were not, "tentative" are not confirmed yet.
        detections: By score: "high" from `high_score`, "low" from `low_score`, or both; only those still unmatched.
        position: Compare with the predicted box, or with the box last observed.
        expand: Boxes grow by this share of their sides before they are compared (C-BIoU's b).
        costs: Weight of each cost term; see `costs.py`.
        combine: "sum" adds the weighted terms; "minimum" takes the smallest (BoT-SORT).
        max_cost: Pairs of this cost or more are refused.
        min_iou: Pairs that overlap less are refused.
        max_appearance: Pairs with a larger cosine distance are refused ("sum"), or keep their other terms ("minimum").
        appearance_min_iou: In "minimum", appearance counts only from this overlap on.
        low_score_cost: Added to the cost of pairs with a "low" detection.
        matching: "optimal" least total cost; "mutual" rounds of mutually cheapest pairs (TrackTrack).
    """

    tracks: tuple[TrackGroup, ...] = ("tracked", "lost")
    detections: Literal["high", "low", "both"] = "high"
    position: Literal["predicted", "observed"] = "predicted"
    expand: float = Field(default=0.0, ge=0, le=2)
    costs: dict[str, float] = {"iou": 1.0}
    combine: Literal["sum", "minimum"] = "sum"
    max_cost: float = 0.8
    min_iou: float = Field(default=0.0, ge=0, le=1)
    max_appearance: float = Field(default=2.0, ge=0, le=2)
    appearance_min_iou: float = Field(default=0.0, ge=0, le=1)
    low_score_cost: float = Field(default=0.0, ge=0)
    matching: Literal["optimal", "mutual"] = "optimal"

    @field_validator("costs")
    @classmethod
    def _are_known(cls, costs: dict[str, float]) -> dict[str, float]:
        for name in costs:
            if name not in COSTS:
                raise ValueError(f"unknown cost {name!r}; available: {', '.join(COSTS)}")
        return costs


DEFAULT_STAGES = (
    StageOptions(
        tracks=("tracked", "lost"),
        detections="high",
        expand=0.2,
        costs={"height_iou": 0.5, "appearance": 0.5},
        max_cost=0.6,
        max_appearance=0.35,
    ),
    StageOptions(tracks=("tracked",), detections="low", costs={"iou": 1.0}, max_cost=0.6),
    StageOptions(tracks=("lost",), detections="high", expand=1.0, costs={"appearance": 1.0}, max_cost=0.2),
    StageOptions(tracks=("tentative",), detections="high", costs={"scored_iou": 1.0}, max_cost=0.7),
)
