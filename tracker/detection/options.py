"""Options of the detectors: the `detector` section of a configuration, told apart by its `name`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Device = Annotated[str, Field(pattern=r"^(auto|cpu|cuda(:\d+)?)$")]


class _Options(BaseModel):
    """Frozen; an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class _NetworkOptions(_Options):
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


class BuiltinOptions(_NetworkOptions):
    """The detector that ships with the project."""

    name: Literal["builtin"] = "builtin"
    input_size: int = Field(
        default=512,
        ge=128,
        le=2048,
        multiple_of=32,
        description="long side of the input, in pixels; smaller frames are enlarged to no more than 416",
    )


class OnnxOptions(_NetworkOptions):
    """YOLOX, YOLOv8 / 11 and SSD networks as .onnx or OpenVINO .xml files."""

    name: Literal["onnx"] = "onnx"
    weights: str = Field(description="path of an .onnx or .xml file")
    input_size: int | None = Field(
        default=None,
        ge=128,
        le=2048,
        multiple_of=32,
        description="long side of the input in pixels; by default the network's own",
    )
    person_class: int = Field(default=0, ge=0, description="index of the class person; 0 in COCO")
    runtime: Literal["openvino", "onnxruntime"] = Field(default="openvino", description="what runs the network")


class UltralyticsOptions(_NetworkOptions):
    """Any YOLO weights that the ultralytics package (AGPL-3.0) can load."""

    name: Literal["ultralytics"] = "ultralytics"
    weights: str = Field(description="path, or a name such as yolo11n.pt that the package downloads on first use")
    input_size: int = Field(
        default=640, ge=128, le=2048, multiple_of=32, description="long side of the input, in pixels"
    )
    person_class: int = Field(default=0, ge=0, description="index of the class person; 0 in COCO")


class MotFileOptions(_Options):
    """Detections from files instead of a network."""

    name: Literal["mot_file"] = "mot_file"
    files: tuple[str, ...] = Field(description="one file per video, in the same order: MOT text or DeepSORT's .npy")
    min_score: float = Field(default=0.1, description="weaker boxes are dropped")


DetectorOptions = Annotated[
    BuiltinOptions | OnnxOptions | UltralyticsOptions | MotFileOptions, Field(discriminator="name")
]
