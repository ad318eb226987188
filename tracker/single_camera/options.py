"""Options of the single-camera tracker; the presets in `tracker/presets/` hold what differs from these defaults."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

TrackGroup = Literal["tracked", "lost", "tentative"]
CostName = Literal[
    "iou",
    "scored_iou",
    "height_iou",
    "appearance",
    "contrast_appearance",
    "direction",
    "corners",
    "score",
    "mahalanobis",
]


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
    costs: dict[CostName, float] = {"iou": 1.0}
    combine: Literal["sum", "minimum"] = "sum"
    max_cost: float = 0.8
    min_iou: float = Field(default=0.0, ge=0, le=1)
    max_appearance: float = Field(default=2.0, ge=0, le=2)
    appearance_min_iou: float = Field(default=0.0, ge=0, le=1)
    low_score_cost: float = Field(default=0.0, ge=0)
    matching: Literal["optimal", "mutual"] = "optimal"


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


class TrackerOptions(Options):
    """How one camera's detections become tracks; durations are seconds.

    Attributes:
        shape: What the filter follows: "xywh" (BoT-SORT), "xyah" (DeepSORT, ByteTrack), "xysr" (SORT).
        high_score: Detections from here on are "high" (ByteTrack's track_thresh).
        low_score: Detections below are ignored.
        double_cover: A detection of which this share lies within a surer one, or the other way round, is a second box
            of one body and left out; null keeps all.
        new_score: A detection founds a track from here on.
        min_hits: Detections until a track is confirmed and put out.
        confirm_at_start: Tracks of the first frame are confirmed at once.
        max_lost_s: A confirmed track is dropped after this long without a detection (max_age, track_buffer).
        max_tentative_s: A tentative track is dropped after this long without a detection; 0 at the first miss.
        damping_s: Time in which a lost track loses most of its speed, as who is hidden often stops; null keeps it.
        birth_max_iou: A detection that overlaps a matched track more than this founds no track (TrackTrack's TAI).
        output: Put out the "filtered" box or the one "detected".
        appearance_momentum: Weight of an embedding after 0.04 s with newer ones (BoT-SORT's alpha, there per frame);
            null fits it to how much the embedder scatters.
        appearance_by_score: A poor detection changes the embedding less (Deep OC-SORT's adaptive weight).
        noise_by_score: A sure detection is measured more exactly (StrongSORT's NSA filter).
        reupdate: A track found again is led along a straight path through the gap (OC-SORT's ORU).
        memory_s: How long the look of a dropped track is remembered for its return; 0 forgets at once.
        max_return_distance: Cosine distance up to which a newcomer is a remembered person.
        camera_motion: "off", or "auto" to compensate where the background moves.
        stages: Rounds of matching, in order.
    """

    shape: Literal["xywh", "xyah", "xysr"] = "xywh"
    high_score: float = Field(default=0.4, ge=0, le=1)
    low_score: float = Field(default=0.1, ge=0, le=1)
    double_cover: float | None = Field(default=0.9, gt=0, le=1)
    new_score: float = Field(default=0.6, ge=0, le=1)
    min_hits: int = Field(default=3, ge=1)
    confirm_at_start: bool = True
    max_lost_s: float = Field(default=4.0, ge=0)
    max_tentative_s: float = Field(default=0.0, ge=0)
    damping_s: float | None = Field(default=1.0, gt=0)
    birth_max_iou: float = Field(default=0.7, ge=0, le=1)
    output: Literal["filtered", "detected"] = "filtered"
    appearance_momentum: float | None = Field(default=None, ge=0, le=1)
    appearance_by_score: bool = True
    noise_by_score: bool = False
    reupdate: bool = False
    memory_s: float = Field(default=0.0, ge=0)
    max_return_distance: float = Field(default=0.15, ge=0, le=2)
    camera_motion: Literal["off", "auto"] = "auto"
    stages: tuple[StageOptions, ...] = DEFAULT_STAGES

    @property
    def appearance_score(self) -> float:
        """From this score on an embedding can decide something."""
        uses = {stage.detections for stage in self.stages if {"appearance", "contrast_appearance"} & set(stage.costs)}
        if uses & {"low", "both"}:
            return self.low_score
        return self.high_score if uses else 2.0
