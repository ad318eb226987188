"""Options of a detector's training: the keys of configs/detection/*.yaml."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from crosscam.base.settings import read_settings, validated


class _Options(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SourceOptions(_Options):
    """One set of labelled images."""

    path: str = Field(description="file or folder; relative to --root")
    layout: Literal["coco", "yolo", "table", "mot", "auto"] = "auto"
    every: int = Field(default=1, ge=1, description="takes each n-th image or frame")
    held_out: float = Field(default=0.1, ge=0, le=1, description="share kept for validation")


class TrainingOptions(_Options):
    """A whole training."""

    sources: tuple[SourceOptions, ...] = ()
    paste_from: str | None = Field(default=None, description="folder of person crops to paste; relative to --root")
    paste_people: int = Field(default=3000, ge=1, description="how many of the crops are kept in memory")
    memory_long_side: int = Field(default=448, ge=64, description="images are kept at this size, in pixels")
    size: int = Field(default=288, ge=64, multiple_of=32, description="side of the training images, in pixels")
    final_size: int = Field(default=416, ge=64, multiple_of=32, description="the same for the last part")
    final_share: float = Field(default=0.22, ge=0, le=1, description="part at the final size, without mosaic")
    mosaic_share: float = Field(default=0.5, ge=0, le=1, description="how often four images are combined before that")
    batch: int = Field(default=16, ge=1, description="images per step")
    learning_rate: float = Field(default=1.5e-3, gt=0, description="highest, of AdamW")
    weight_decay: float = Field(default=0.03, ge=0, description="of kernels, of AdamW")
    warmup_steps: int = Field(default=150, ge=1, description="steps of rising learning rate")
    average_decay: float = Field(default=0.998, gt=0, lt=1, description="of the average of the weights, per step")
    hours: float = Field(default=1.25, gt=0, description="length of the training; the schedule follows the clock")
    steps: int | None = Field(default=None, ge=1, description="length in steps instead")
    validate_every_s: float = Field(default=600, gt=0, description="between validations, in seconds")
    save_every_s: float = Field(default=150, gt=0, description="between checkpoints, in seconds")
    threads: int = Field(default=1, ge=1, description="threads of the training beside the process that makes images")
    precision: Literal["auto", "bfloat16", "float32"] = Field(
        default="auto", description="auto is bfloat16 where the processor or GPU computes it fast"
    )
    initial: str | None = Field(
        default=None, description="start from this exported .onnx file, or from the shipped one: builtin"
    )
    device: str = Field(default="cpu", pattern=r"^(cpu|cuda(:\d+)?)$", description="cpu, cuda or cuda:N")
    seed: int = Field(default=0, ge=0, description="of weights and views")


def load_options(path: Path) -> TrainingOptions:
    """Read a YAML file.

    Raises:
        ConfigError: The file is missing or holds unknown keys or wrong values.
    """
    return validated(TrainingOptions, read_settings(path), str(path))
