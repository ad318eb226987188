"""Options of the cross-camera stage: the `cross_camera` section of a configuration."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class CrossCameraOptions(BaseModel):
    """How tracklets of all cameras become identities. One setting is meant for every place and embedder."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    false_match_rate: float | None = Field(
        default=None,
        gt=0,
        le=0.5,
        description="target share of pairs of different people that appearance alone takes for one; null lets the run "
        "decide what is most likely right",
    )
    calibration: str | None = Field(
        default=None,
        description="file of calibrate_identity.py, made with the same ReID model; null calibrates on the run itself",
    )
    overlap_slack_s: float = Field(
        default=0.2,
        ge=0,
        description="two tracklets of one camera may overlap by this many seconds and still be one person",
    )
    travel_times: bool = Field(default=True, description="learn the travel times between cameras from the run itself")
    rounds: int = Field(
        default=3, ge=1, le=10, description="how often evidence is weighed, each time with the identities found so far"
    )
    max_speed_m_s: float = Field(
        default=4.0, gt=0, le=20, description="nobody is faster on a calibrated floor, in metres per second"
    )
    clock_error_s: float = Field(
        default=0.5, ge=0, description="clocks of the cameras may differ by this many seconds, where speed is judged"
    )


class OnlineOptions(BaseModel):
    """Waiting times and memory of live identities."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    min_samples: int = Field(default=4, ge=1, description="embeddings a track must have before it is decided")
    max_pending_s: float = Field(default=3.0, ge=0, description="after this many seconds a track is decided anyway")
    margin: float = Field(
        default=1.0,
        ge=0,
        description="log-odds by which a decision must be clear, and the best beat the second, before",
    )
    recluster_s: float = Field(
        default=10.0, ge=0, description="the last minutes are decided again every so many seconds; 0 never"
    )
    window_s: float = Field(default=300.0, gt=0, description="length of these last minutes, in seconds")
    archive_s: float = Field(default=600.0, gt=0, description="unseen for so long, a person is archived")
