"""One file that carries what is needed to use a model: weights, name and options, input size, mean and std, layout.

torchreid's plain OSNet state dicts load as checkpoints too.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crosscam.base.errors import CheckpointError, InputError
from crosscam.base.runtime.torch_files import fingerprint, read_file
from reid.distance_scale import DistanceScale
from reid.weights_files.state_dict import is_classifier, load_state
from reid.weights_files.torchreid import read_osnet

if TYPE_CHECKING:
    from torch import Tensor, nn

FORMAT = "crosscam-reid"
VERSION = 1
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A trained model.

    Attributes:
        model: Name in `reid.models.MODELS`.
        options: Its constructor options.
        state: State dict without the training classifiers.
        input_size: (height, width) in pixels.
        mean: Of red, green, blue in [0, 1], subtracted from the input.
        std: Of red, green, blue, by which the input is divided.
        dimension: Length of an embedding.
        parts: Pyramid layout `{"parts", "windows": [[first, last), ...], "width", "shares"}`: branch b owns the slice
            `[b * width, (b + 1) * width)` of the embedding, whose squared length is its share (they sum to 1); empty
            for models without parts.
        distances: How far apart embeddings lie, measured on held-out people; None where it was not.
        training: Whatever tells where the weights come from.
        fingerprint: Of the file that it was read from, see `fingerprint`; "" without one.
    """

    model: str
    options: dict[str, Any]
    state: dict[str, Tensor]
    input_size: tuple[int, int]
    dimension: int
    mean: tuple[float, ...] = IMAGENET_MEAN
    std: tuple[float, ...] = IMAGENET_STD
    parts: dict[str, Any] = field(default_factory=dict)
    distances: DistanceScale | None = None
    training: dict[str, Any] = field(default_factory=dict)
    fingerprint: str = ""

    def build(self) -> nn.Module:
        """The network in evaluation mode, float32, with these weights.

        Raises:
            CheckpointError: The weights do not fit the model.
        """
        from reid.models import build_model

        network = build_model(self.model, self.options)
        load_state(network, self.state, f"model '{self.model}'")
        return network.eval()


def part_layout(network: nn.Module) -> dict[str, Any]:
    """The `parts` entry of a checkpoint for a pyramid model, {} for another."""
    head: Any = getattr(network, "head", None)
    if not hasattr(head, "windows"):
        return {}
    windows = [list(window) for window in head.windows]
    return {"parts": head.parts, "windows": windows, "width": head.width, "shares": list(head.shares)}


def save_checkpoint(checkpoint: Checkpoint, path: Path, half: bool = True) -> None:
    """Write the file under its final name only when it is whole; `half` stores float16."""
    import torch

    state = {
        key: value.detach().cpu().to(torch.float16 if half and value.is_floating_point() else value.dtype).contiguous()
        for key, value in checkpoint.state.items()
        if not is_classifier(key)
    }
    content = {
        "format": FORMAT,
        "version": VERSION,
        "model": checkpoint.model,
        "options": checkpoint.options,
        "input_size": list(checkpoint.input_size),
        "mean": list(checkpoint.mean),
        "std": list(checkpoint.std),
        "dimension": checkpoint.dimension,
        "parts": checkpoint.parts,
        "distances": None if checkpoint.distances is None else list(checkpoint.distances),
        "training": checkpoint.training,
        "state": state,
    }
    partial = path.with_name(path.name + ".part")
    torch.save(content, partial)
    os.replace(partial, path)


def load_checkpoint(path: str | Path) -> Checkpoint:
    """Read our own checkpoint or a plain torchreid OSNet state dict.

    Raises:
        CheckpointError: Missing, damaged, with pickled code, or of another kind; one line with file and finding.
    """
    path = Path(path)
    content = read_file(path)
    if not isinstance(content, Mapping):
        raise CheckpointError(
            f"weights '{path}' hold a {type(content).__name__}, expected a checkpoint or a state dict"
        )
    if content.get("format") == FORMAT:
        checkpoint = _from_content(content, path)
    else:
        checkpoint = _from_osnet(content.get("state_dict", content), path)
    try:
        checkpoint.build()
    except InputError as error:
        raise CheckpointError(f"weights '{path}': {error}") from error
    return replace(checkpoint, fingerprint=fingerprint(path))


def _from_content(content: Mapping[str, Any], path: Path) -> Checkpoint:
    if content.get("version") != VERSION:
        raise CheckpointError(f"weights '{path}' have format version {content.get('version')}, expected {VERSION}")
    try:
        return Checkpoint(
            model=content["model"],
            options=dict(content["options"]),
            state=dict(content["state"]),
            input_size=(int(content["input_size"][0]), int(content["input_size"][1])),
            dimension=int(content["dimension"]),
            mean=tuple(content["mean"]),
            std=tuple(content["std"]),
            parts=dict(content["parts"]),
            distances=DistanceScale(*content["distances"]) if content.get("distances") else None,
            training=dict(content["training"]),
        )
    except KeyError as error:
        raise CheckpointError(f"weights '{path}' lack the entry {error}") from error


def _from_osnet(content: Any, path: Path) -> Checkpoint:
    from reid.models.osnet import EMBEDDING

    found = read_osnet(content, path)
    return Checkpoint("osnet", {"width": found.width}, found.state, found.input_size, EMBEDDING)
