"""What a run needs to go on where it stopped, in one file that is replaced only when it is whole."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import torch

from crosscam.base.errors import CheckpointError
from crosscam.base.runtime.torch_files import read_file
from reid.training.options import TrainOptions

VERSION = 1
FREE_KEYS = ("log_every_steps", "validate_every_s", "save_every_s", "tensorboard", "workers", "threads", "schedule")


def comparable(options: TrainOptions) -> dict[str, Any]:
    """The options that must not change between start and resumption."""
    values = options.model_dump(mode="json")
    for entry in values["data"]["sets"]:
        entry.pop("root")
    return {key: value for key, value in values.items() if key not in FREE_KEYS}


def save_state(path: Path, options: TrainOptions, content: dict[str, Any]) -> None:
    """Write the state with the random states of torch and the options."""
    random: dict[str, Any] = {"cpu": torch.get_rng_state()}
    if torch.cuda.is_available():
        random["cuda"] = torch.cuda.get_rng_state_all()
    whole = {**content, "version": VERSION, "options": comparable(options), "random": random}
    partial = path.with_name(path.name + ".part")
    torch.save(whole, partial)
    os.replace(partial, path)


def load_state(path: Path, options: TrainOptions) -> dict[str, Any]:
    """Read a state and put torch's random states back.

    Raises:
        CheckpointError: Missing, damaged, or of a run with other options.
    """
    content = read_file(path)
    if not isinstance(content, dict) or content.get("version") != VERSION or "options" not in content:
        raise CheckpointError(f"'{path}' is not the state of a training run")
    expected, found = comparable(options), content["options"]
    changed = sorted(key for key in expected.keys() | found.keys() if expected.get(key) != found.get(key))
    if changed:
        raise CheckpointError(f"'{path}' is of a run with other options: {', '.join(changed)} differ")
    torch.set_rng_state(content["random"]["cpu"])
    if torch.cuda.is_available() and "cuda" in content["random"]:
        torch.cuda.set_rng_state_all(content["random"]["cuda"])
    return content
