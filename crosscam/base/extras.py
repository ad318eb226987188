"""Packages that not everybody needs, and how to get them."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from crosscam.base.errors import InputError


class MissingPackageError(InputError):
    """Something was asked for that needs a package which is not installed; the message has the exact command."""


def require(module: str, extra: str, purpose: str) -> Any:
    """Import a module of an extra.

    Args:
        module: Such as "torch".
        extra: Of this project, such as "train".
        purpose: What needs it: "training", "detector 'yolo11n.pt'".

    Raises:
        MissingPackageError: It is not installed.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        package = (error.name or module).split(".")[0]
        raise MissingPackageError(f"{purpose} needs {package}: pip install 'crosscam[{extra}]'") from error
