"""Options of live sources: the `streams` section of a configuration."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, model_validator


class StreamOptions(BaseModel):
    """What is done when a live stream or webcam breaks; files are never opened again."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    stall_s: float = Field(default=10.0, gt=0, description="without a frame for this many seconds a stream is broken")
    retry_s: float = Field(
        default=1.0,
        gt=0,
        description="a broken stream is opened again after this many seconds, then after twice as many",
    )
    max_retry_s: float = Field(default=30.0, gt=0, description="longest wait between two attempts, in seconds")
    give_up_s: float | None = Field(
        default=600.0,
        ge=0,
        description="a camera that is lost for this many seconds has ended; 0 at its first break, null never",
    )

    @model_validator(mode="after")
    def _waits_grow(self) -> StreamOptions:
        if self.max_retry_s < self.retry_s:
            raise ValueError(f"max_retry_s must be at least retry_s ({self.retry_s:g}), got {self.max_retry_s:g}")
        return self
