"""Running the built-in detector on a GPU with torch, from the same file that OpenVINO reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracker.errors import WeightsError


class TorchEngine:
    """The built-in network in torch, in half precision on CUDA.

    Args:
        path: .onnx file written by tools/export_detector.py.
        device: A torch device.
    """

    def __init__(self, path: Path, device: str) -> None:
        import torch

        self._torch, self._device = torch, torch.device(device)
        self._is_half = self._device.type == "cuda"
        network = _load(path).to(self._device, memory_format=torch.channels_last)
        self._network = network.half() if self._is_half else network
        self.fixed_shape: tuple[int, int] | None = None

    def infer(self, batch: NDArray[np.uint8]) -> NDArray:
        """Run BGR images uint8 (N, H, W, 3); YOLOX's layout, float32 (N, cells, 6)."""
        torch = self._torch
        with torch.inference_mode():
            images = torch.from_numpy(batch).to(self._device).permute(0, 3, 1, 2)
            images = images.half() if self._is_half else images.float()
            return self._network(images).float().cpu().numpy()


def _load(path: Path) -> Any:
    """The network in YOLOX's layout, with weights by the names that the exporter kept."""
    import openvino as ov
    import torch

    from tracker.detection.network import NetworkOptions, PersonNetwork, YoloxLayout, fuse

    model = ov.Core().read_model(path)
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
