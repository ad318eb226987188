"""Running the built-in detector on a GPU with torch, from the same file that OpenVINO reads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray


class TorchEngine:
    """The built-in network in torch, in half precision on CUDA.

    Args:
        path: .onnx file written by tools/export_detector.py.
        device: A torch device.
    """

    def __init__(self, path: Path, device: str) -> None:
        import torch

        from tracker.detection.exported import load_exported

        self.device = device
        self._torch, self._device = torch, torch.device(device)
        self._is_half = self._device.type == "cuda"
        network = load_exported(path).to(self._device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._network = network.half() if self._is_half else network
        self.fixed_shape: tuple[int, int] | None = None

    def infer(self, batch: NDArray[np.uint8]) -> NDArray:
        """Run BGR images uint8 (N, H, W, 3); YOLOX's layout, float32 (N, cells, 6)."""
        torch = self._torch
        with torch.inference_mode():
            images = torch.from_numpy(batch).to(self._device).permute(0, 3, 1, 2)
            images = images.half() if self._is_half else images.float()
            return self._network(images).float().cpu().numpy()
