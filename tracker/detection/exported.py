"""Reading the file of the built-in detector back into torch."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch

from crosscam.base.errors import WeightsError
from crosscam.base.runtime.openvino import openvino_core
from tracker.detection.network import NetworkOptions, PersonNetwork, YoloxLayout, fuse


def load_exported(path: Path) -> YoloxLayout:
    """The network in YOLOX's layout, batch normalisation folded, with weights by the names that the exporter kept.

    Raises:
        WeightsError: The file is missing, damaged or was not written by tools/export_detector.py.
    """
    try:
        model = openvino_core().read_model(path)
    except RuntimeError as error:
        raise WeightsError(f"{path}: missing or damaged, expected a file of tools/export_detector.py") from error
    try:
        entry = model.get_rt_info(["framework", "architecture"])
        options = NetworkOptions.from_dict(json.loads(entry.astype(str)))
    except (RuntimeError, ValueError, TypeError) as error:
        raise WeightsError(f"{path}: not written by tools/export_detector.py (no architecture inside)") from error
    network = YoloxLayout(fuse(PersonNetwork(options)))
    stored = {node.get_friendly_name(): node for node in model.get_ops() if node.get_type_name() == "Constant"}
    state = {}
    for name, parameter in network.state_dict().items():
        node = stored.get(f"{name}.half", stored.get(name))
        if node is None:
            raise WeightsError(f"{path}: holds no weights {name!r}")
        state[name] = torch.from_numpy(np.array(node.data, np.float32)).reshape(parameter.shape)
    network.load_state_dict(state)
    return network.eval()
