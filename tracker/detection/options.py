"""What the options of all detectors have in common; each detector's own lie in its file."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field

Device = Annotated[str, Field(pattern=r"^(auto|cpu|cuda(:\d+)?)$")]


class PartOptions(BaseModel):
    """Frozen; an unknown key is an error.

    Attributes:
        endings: Of the weights by which `--detector FILE` finds this detector.
        prefixes: Of the names of models that it knows without a file.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    endings: ClassVar[tuple[str, ...]] = ()
    prefixes: ClassVar[tuple[str, ...]] = ()


class NetworkOptions(PartOptions):
    """What every detection network has."""

    min_score: float = Field(
        default=0.1, ge=0, le=1, description="weaker boxes are dropped; the tracker uses weak ones too"
    )
    max_iou: float = Field(
        default=0.65, gt=0, le=1, description="of two boxes that overlap more, the weaker one is dropped"
    )
    device: Device = Field(default="auto", description="auto, cpu, cuda or cuda:N")
    slice_size: int | None = Field(
        default=None,
        ge=64,
        description="also look at overlapping tiles of this side in pixels, for small people in large frames; several "
        "times slower",
    )
