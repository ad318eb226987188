"""What networks run on."""

from __future__ import annotations

import ctypes
import logging
import sys
from functools import cache
from importlib.util import find_spec

from crosscam.base.errors import ConfigError
from crosscam.base.extras import require

LOGGER = logging.getLogger(__name__)


def choose_device(device: str, can_use_cuda: bool = True) -> str:
    """torch's name of the device to use: "cpu", "cuda" or "cuda:N".

    Args:
        device: "auto" (a GPU where there is one and the network can use it), "cpu", "cuda" or "cuda:N".
        can_use_cuda: The network has a form that runs on a GPU.

    Raises:
        ConfigError: The device is unknown, absent, or of no use to the network.
    """
    if device == "cpu":
        return "cpu"
    if device == "auto":
        return "cuda" if can_use_cuda and has_cuda() else "cpu"
    kind, _, number = device.partition(":")
    if kind != "cuda" or (":" in device and not (number.isascii() and number.isdigit())):
        raise ConfigError(f"unknown device {device!r}; expected auto, cpu, cuda or cuda:N")
    torch = require("torch", "torch", f"device {device!r}")
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if int(number or 0) >= count:
        raise ConfigError(f"device {device!r} not found; {count} CUDA devices are visible")
    return device


@cache
def has_cuda() -> bool:
    """Whether torch can use a GPU; without a driver torch, which takes seconds to load, is not asked."""
    try:
        ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return False
    if find_spec("torch") is None:
        LOGGER.warning("there is a GPU, but torch is not installed: pip install 'crosscam[torch]' to use it")
        return False
    import torch

    return torch.cuda.is_available()
