"""The sections of a configuration: each stage's own options put together, with those of no single stage."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from tracker.cross_camera.options import CrossCameraOptions, OnlineOptions
from tracker.detection import DetectorOptions
from tracker.detection.builtin import BuiltinOptions
from tracker.single_camera.options import TrackerOptions
from tracker.single_camera.refinement import RefinementOptions
from tracker.video.options import StreamOptions


class EmbedderOptions(BaseModel):
    """Which network turns crops of people into embeddings, and on what it runs."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    weights: str = Field(
        default="builtin",
        description="a checkpoint (.pth, .onnx, .xml), 'builtin' for the shipped model, 'descriptor' for the "
        "hand-made one, 'none' to track by motion alone",
    )
    encoder: str = Field(
        default="builtin",
        description="a tracklet encoder (.npz) that weighs the embeddings of a track; 'builtin' for the shipped one "
        "where it fits the embedder, 'none' to weigh them by quality alone",
    )
    device: str = Field(default="auto", pattern=r"^(auto|cpu|cuda(:\d+)?)$", description="auto, cpu, cuda or cuda:N")
    runtime: str = Field(
        default="auto", pattern="^(auto|torch|openvino|onnx)$", description="auto, torch, openvino or onnx"
    )


class OutputOptions(BaseModel):
    """What is written beside the tracks."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    video: bool = Field(default=True, description="write annotated videos")
    trail_s: float = Field(
        default=1.5, ge=0, description="length of the trail behind a person, in seconds; 0 draws none"
    )
    crops_per_tracklet: int = Field(
        default=8, ge=1, le=64, description="best crops kept for the contact sheets and the search"
    )
    threads: int = Field(default=2, ge=1, le=64, description="videos drawn at the same time")
    store_s: float = Field(
        default=5.0, gt=0, description="live runs store what they have every so many seconds; a crash loses the rest"
    )


class PipelineConfig(BaseModel):
    """The whole configuration. A section left out has its defaults."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    detector: DetectorOptions = Field(default_factory=BuiltinOptions, discriminator="name")
    embedder: EmbedderOptions = Field(default_factory=EmbedderOptions)
    tracker: TrackerOptions = Field(default_factory=TrackerOptions)
    refinement: RefinementOptions = Field(default_factory=RefinementOptions)
    cross_camera: CrossCameraOptions = Field(default_factory=CrossCameraOptions)
    live: OnlineOptions = Field(default_factory=OnlineOptions)
    streams: StreamOptions = Field(default_factory=StreamOptions)
    output: OutputOptions = Field(default_factory=OutputOptions)
