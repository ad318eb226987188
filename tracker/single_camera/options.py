"""Options of the single-camera tracker; the presets in `tracker/presets/` hold what differs from these defaults."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tracker.single_camera.association.options import DEFAULT_STAGES, Options, StageOptions


class TrackerOptions(Options):
    """How one camera's detections become tracks; durations are seconds.

    Attributes:
        shape: What the filter follows: "xywh" (BoT-SORT), "xyah" (DeepSORT, ByteTrack), "xysr" (SORT).
        high_score: Detections from here on are "high" (ByteTrack's track_thresh).
        low_score: Detections below are ignored.
        double_cover: A detection of which this share lies within a surer one, or the other way round, is a second box
            of one body and left out; null keeps all.
        new_score: A detection starts a track from here on.
        min_hits: Detections until a track is confirmed and put out.
        confirm_at_start: Tracks of the first frame are confirmed at once.
        max_lost_s: A confirmed track is dropped after this long without a detection (max_age, track_buffer).
        max_tentative_s: A tentative track is dropped after this long without a detection; 0 at the first miss.
        damping_s: Time in which a lost track loses most of its speed, as who is hidden often stops; null keeps it.
        birth_max_iou: A detection that overlaps a matched track more than this starts no track (TrackTrack's TAI).
        output: Put out the "filtered" box or the one "detected".
        appearance_momentum: Weight of an embedding after 0.04 s with newer ones (BoT-SORT's alpha, there per frame);
            null fits it to how much the embedder scatters.
        appearance_by_score: A poor detection changes the embedding less (Deep OC-SORT's adaptive weight).
        noise_by_score: A sure detection is measured more exactly (StrongSORT's NSA filter).
        reupdate: A track found again is led along a straight path through the gap (OC-SORT's ORU).
        memory_s: How long the embedding of a dropped track is remembered for its return; 0 forgets at once.
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
