"""One file that carries what is needed to use a model: weights, name and options, input size, mean and std, layout.

Files are read with `weights_only=True`: a file that contains code is refused, never run. torchreid's plain OSNet state
dicts are recognised by their keys.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reid.distance_scale import DistanceScale
from reid.errors import CheckpointError, ReidError

if TYPE_CHECKING:
    from torch import Tensor, nn

FORMAT = "crosscam-reid"
VERSION = 1
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
OSNET_INPUT = (256, 128)  # torchreid's default; a size in the file name, e.g. _128x64, goes before it


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


def load_state(network: nn.Module, state: Mapping[str, Tensor], what: str) -> None:
    """Copy weights of any float type into a network; classifiers that the network lacks are left out.

    Raises:
        CheckpointError: Names or shapes differ; the message names the first few.
    """
    wanted = network.state_dict()
    found = {k: v for k, v in state.items() if k in wanted or not is_classifier(k)}
    missing, extra = sorted(wanted.keys() - found.keys()), sorted(found.keys() - wanted.keys())
    shapes = [
        f"{k} is {tuple(found[k].shape)}, expected {tuple(v.shape)}"
        for k, v in wanted.items()
        if k in found and found[k].shape != v.shape
    ]
    if missing or extra or shapes:
        parts = [f"missing {', '.join(missing[:3])}"] * bool(missing) + [f"unknown {', '.join(extra[:3])}"] * bool(
            extra
        )
        raise CheckpointError(f"weights do not fit {what}: {'; '.join(parts + shapes[:2])}")
    network.load_state_dict({k: v.to(wanted[k].dtype) for k, v in found.items()})


def load_trained(network: nn.Module, state: Mapping[str, Tensor], what: str) -> None:
    """Copy weights into a network that is to be trained on: its classifiers stay new.

    Raises:
        CheckpointError: Names or shapes differ; the message names the first few.
    """
    own = {key: value for key, value in network.state_dict().items() if is_classifier(key)}
    load_state(network, {**{key: value for key, value in state.items() if not is_classifier(key)}, **own}, what)


def is_classifier(key: str) -> bool:
    """Whether an entry of a state dict serves training alone."""
    return key.startswith(("classifier", "head.classifier"))


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


def require_weights(path: Path) -> None:
    """Refuse a path where there is no file.

    Raises:
        CheckpointError: Missing, or a folder.
    """
    if path.is_dir():
        raise CheckpointError(f"weights '{path}' are a folder, expected a file")
    if not path.is_file():
        raise CheckpointError(f"weights '{path}' not found")


def read_file(path: Path) -> Any:
    """The content of a torch file, without running code from it.

    Raises:
        CheckpointError: Missing, not a torch file, or it contains pickled code.
    """
    import torch

    require_weights(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch warns of odd pickles; what it refuses becomes an error below
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        if "Unsupported global" in str(error) or "GLOBAL" in str(error):
            raise CheckpointError(
                f"weights '{path}' contain pickled code, which is not run; save a state dict"
            ) from error
        raise CheckpointError(f"weights '{path}' are not a torch file") from error
    except (RuntimeError, EOFError, OSError, ValueError, KeyError) as error:
        raise CheckpointError(f"weights '{path}' are damaged or not a torch file") from error


def fingerprint(path: Path) -> str:
    """Of a file's bytes: 16 hexadecimal digits."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


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
    return replace(checkpoint, fingerprint=fingerprint(path))


def _from_content(content: Mapping[str, Any], path: Path) -> Checkpoint:
    if content.get("version") != VERSION:
        raise CheckpointError(f"weights '{path}' have format version {content.get('version')}, expected {VERSION}")
    try:
        checkpoint = Checkpoint(
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
        checkpoint.build()
    except KeyError as error:
        raise CheckpointError(f"weights '{path}' lack the entry {error}") from error
    except ReidError as error:
        raise CheckpointError(f"weights '{path}': {error}") from error
    return checkpoint


def _from_osnet(state: Any, path: Path) -> Checkpoint:
    from reid.models.osnet import EMBEDDING, osnet_width

    tensors = {
        key.removeprefix("module."): value for key, value in getattr(state, "items", dict)() if hasattr(value, "shape")
    }
    width = osnet_width(tensors)
    if width is None:
        shown = ", ".join(str(key) for key in list(state)[:3]) if isinstance(state, Mapping) else type(state).__name__
        raise CheckpointError(
            f"weights '{path}' are neither a checkpoint of this project nor an OSNet state dict; found: {shown}"
        )
    size = re.search(r"_(\d{2,4})x(\d{2,4})", path.stem)
    input_size = (int(size[1]), int(size[2])) if size else OSNET_INPUT
    tensors = {key: value for key, value in tensors.items() if not is_classifier(key)}
    checkpoint = Checkpoint("osnet", {"width": width}, tensors, input_size, EMBEDDING)
    try:
        checkpoint.build()
    except ReidError as error:
        raise CheckpointError(f"weights '{path}': {error}") from error
    return checkpoint
