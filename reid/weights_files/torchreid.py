"""torchreid's plain OSNet state dicts, recognised by their keys: nothing else in them tells what they are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from crosscam.base.errors import CheckpointError
from reid.weights_files.state_dict import is_classifier

if TYPE_CHECKING:
    from torch import Tensor

OSNET_INPUT = (256, 128)
"""torchreid's default (height, width); a size in the file name, e.g. _128x64, goes before it."""


class OSNetWeights(NamedTuple):
    """What a state dict tells.

    Attributes:
        width: `width` of `reid.models.osnet.OSNet`.
        state: Weights by name, without the training classifier.
        input_size: (height, width) in pixels.
    """

    width: float
    state: dict[str, Tensor]
    input_size: tuple[int, int]


def read_osnet(content: Any, path: Path) -> OSNetWeights:
    """Weights, width and input size of a state dict that was read from `path`.

    Raises:
        CheckpointError: It is no state dict of an OSNet.
    """
    from reid.models.osnet import osnet_width

    tensors = {
        key.removeprefix("module."): value
        for key, value in getattr(content, "items", dict)()
        if hasattr(value, "shape")
    }
    width = osnet_width(tensors)
    if width is None:
        is_dict = isinstance(content, Mapping)
        shown = ", ".join(str(key) for key in list(content)[:3]) if is_dict else type(content).__name__
        raise CheckpointError(
            f"weights '{path}' are neither a checkpoint of this project nor an OSNet state dict; found: {shown}"
        )
    size = re.search(r"_(\d{2,4})x(\d{2,4})", path.stem)
    state = {key: value for key, value in tensors.items() if not is_classifier(key)}
    return OSNetWeights(width, state, (int(size[1]), int(size[2])) if size else OSNET_INPUT)
