"""The configuration of a training run. Unknown keys, names and wrong types are errors before anything is loaded."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from reid.data.transforms import CropAugmentation


class Section(BaseModel):
    """Base of all sections: unknown keys are errors."""

    model_config = ConfigDict(extra="forbid")


class DataSet(Section):
    """One data set: a name of `reid.data.DATASETS`, its folder, and options of its reader."""

    name: str
    root: Path
    options: dict[str, Any] = {}


class Data(Section):
    """Training images and the identities held out for selection.

    `held_out` is how many identities to draw, or the list of their numbers. They are drawn from the first set; with
    `same_people` its numbers mean the same people in the other sets (Market-1501 and MARS), and those are held out
    there too.
    """

    sets: list[DataSet] = Field(min_length=1)
    held_out: Annotated[int, Field(ge=0)] | list[int] = 150
    seed: int = 0
    same_people: bool = True


class Model(Section):
    """A name of `reid.models.MODELS`, its options, and a checkpoint of the same model to start from (fine-tuning)."""

    name: str = "pyramid"
    options: dict[str, Any] = {}
    initial: Path | None = None


class Loss(Section):
    """One weighted loss.

    `input`: `logits` (identity losses, mean over branches), `branches` (each branch's features, mean over branches,
    both weighted by the branches' shares in the embedding),
    `embedding` (unit branch features side by side, of unit length: what is compared at test time), or `stripes`
    (AlignedReID's local loss). `reduce: sum` adds the branches up as the pyramid paper does.
    """

    name: str
    input: Literal["logits", "branches", "embedding", "stripes"]
    weight: float = Field(default=1.0, gt=0)
    reduce: Literal["mean", "sum"] = "mean"
    class_vectors: Literal["classifier", "centers"] = "classifier"
    options: dict[str, Any] = {}


class Batches(Section):
    """`identity` batches hold `batch_size / per_identity` identities; dynamic training also draws `random` ones."""

    name: Literal["identity", "random"] = "identity"
    batch_size: int = Field(default=64, ge=4)
    per_identity: int = Field(default=4, ge=2)


class Augmentation(Section):
    """Disturbances of the crops; their strength grows from `start` to 1 over the first `ramp` of the training."""

    crop: CropAugmentation = CropAugmentation()
    start: float = Field(default=0.2, ge=0, le=1)
    ramp: float = Field(default=0.25, ge=0, le=1)


class Optimiser(Section):
    """`adamw`, `adam` or `sgd` (Nesterov, momentum 0.9). `trunk_factor` scales the rate of the trunk."""

    name: Literal["adamw", "adam", "sgd"] = "adamw"
    learning_rate: float = Field(default=1.5e-3, gt=0)
    weight_decay: float = Field(default=0.05, ge=0)
    trunk_factor: float = Field(default=1.0, gt=0)
    clip_norm: float = Field(default=10.0, gt=0)


class Schedule(Section):
    """How long, in `steps` or in `hours` of training time, and the learning rate over it."""

    steps: int | None = Field(default=None, gt=0)
    hours: float | None = Field(default=None, gt=0)
    warmup: float = Field(default=0.03, ge=0, lt=1)
    decay: Literal["cosine", "steps"] = "cosine"
    milestones: list[float] = [0.5, 0.58, 0.67, 0.75, 0.83]
    factor: float = Field(default=0.5, gt=0, le=1)

    @model_validator(mode="after")
    def _one_length(self) -> Schedule:
        if (self.steps is None) == (self.hours is None):
            raise ValueError("set either schedule.steps or schedule.hours")
        return self


class Dynamic(Section):
    """Dynamic two-loss training, see `reid.training.dynamic`."""

    mode: Literal["off", "switch", "weighted"] = "off"
    alpha: float = Field(default=0.25, gt=0, le=1)
    delta: float = Field(default=0.16, ge=0)
    gamma: float = Field(default=2.0, ge=0)
    raw: bool = False


class Mutual(Section):
    """Mutual learning of several models on the same batches; the first one is kept."""

    models: int = Field(default=1, ge=1)
    classification: float = Field(default=1.0, ge=0)
    metric: float = Field(default=1.0, ge=0)


class TrainOptions(Section):
    """All of a training run."""

    data: Data
    model: Model = Model()
    input_size: tuple[int, int] = (128, 64)
    losses: list[Loss] = Field(min_length=1)
    batches: Batches = Batches()
    augmentation: Augmentation = Augmentation()
    optimiser: Optimiser = Optimiser()
    schedule: Schedule
    dynamic: Dynamic = Dynamic()
    mutual: Mutual = Mutual()
    ema_decay: float = Field(default=0.999, ge=0, lt=1, description="0 switches averaging off")
    precision: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    seed: int = 0
    device: str = "auto"
    threads: int = Field(default=1, ge=1, description="of torch on the CPU")
    workers: int = Field(default=0, ge=0, description="threads that augment the next batch; 0 does it in line")
    log_every_steps: int = Field(default=200, ge=1)
    validate_every_s: float = Field(default=300.0, gt=0)
    save_every_s: float = Field(default=180.0, gt=0)
    tensorboard: bool = False
