"""What a training writes down: a line of JSON per record, and curves for TensorBoard where they are asked for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from crosscam.base.extras import require

LOG = "log.jsonl"


class TrainingLog:
    """Appends records to `log.jsonl`, so that a resumed training goes on in the same file.

    Args:
        folder: Of the training; is there when the first record is written.
        tensorboard: Also write event files into it.

    Raises:
        MissingPackageError: TensorBoard is asked for and not installed.
    """

    def __init__(self, folder: Path, tensorboard: bool = False) -> None:
        self._path = folder / LOG
        self._curves = None
        if tensorboard:
            require("tensorboard", "train", "tensorboard: true")
            self._curves = require("torch.utils.tensorboard", "train", "tensorboard: true").SummaryWriter(str(folder))

    def write(self, entry: Mapping[str, float]) -> None:
        """Append one record; `entry` has "step", "seconds" and scalars."""
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")
        if self._curves is None:
            return
        for key, value in entry.items():
            if key not in ("step", "seconds"):
                self._curves.add_scalar(key, value, int(entry["step"]))
        self._curves.flush()
