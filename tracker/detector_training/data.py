"""From the sources that a configuration names to images in memory, split into training and validation."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from crosscam.base.errors import ConfigError, InputError
from tracker.detector_training.annotations import READERS, LabelledImage, find_layout
from tracker.detector_training.options import SourceOptions, TrainingOptions
from tracker.detector_training.packed_images import Sample, is_held_out, load_people, load_samples


@dataclass(frozen=True, eq=False)
class TrainingData:
    """Everything in memory: samples, held-out samples, and crops to paste, uint8 (N, 128, 64, 3) or None."""

    samples: list[Sample]
    held_out: list[Sample]
    crops: NDArray[np.uint8] | None

    @property
    def people(self) -> int:
        """Number of boxes to train on."""
        return sum(len(sample.people) for sample in self.samples)


def load_data(options: TrainingOptions, root: Path, only_held_out: bool = False) -> TrainingData:
    """Read all sources, or no more of them than what is held out."""
    if not options.sources:
        raise ConfigError("nothing to train on: name sources in the config, or --data")
    samples: list[Sample] = []
    held_out: list[Sample] = []
    for source in options.sources:
        if only_held_out and source.held_out == 0:
            continue
        for labelled in _read(source, root):
            is_kept = is_held_out(labelled.name, source.held_out)
            if is_kept or not only_held_out:
                (held_out if is_kept else samples).extend(load_samples([labelled], options.memory_long_side))
    if only_held_out or options.paste_from is None:
        return TrainingData(samples, held_out, None)
    return TrainingData(samples, held_out, load_people(root / options.paste_from, options.paste_people, options.seed))


def _read(source: SourceOptions, root: Path) -> list[LabelledImage]:
    path = root / source.path
    if not path.exists():
        raise InputError(f"training data {path} not found")
    layout = find_layout(path) if source.layout == "auto" else source.layout
    return READERS[layout](path, source.every)
