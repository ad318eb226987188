"""Files of weights: whether they are there, what they hold, and a fingerprint. Code inside is refused, never run."""

from __future__ import annotations

import hashlib
import pickle
import warnings
from pathlib import Path
from typing import Any

from crosscam.base.errors import CheckpointError


def fingerprint(path: Path) -> str:
    """Of a file's bytes: 16 hexadecimal digits."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


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
