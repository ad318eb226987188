"""Whether a copy of a data set is complete: found against expected counts, missing and damaged files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from crosscam.base.images import read_image
from reid.data.samples import ReidDataset, counts


def check_dataset(
    dataset: ReidDataset, expected: Mapping[str, int], absent: Sequence[Path], decode: bool
) -> dict[str, Any]:
    """Counts, differences, absent files and folders and, if asked for, damaged images of one split."""
    samples = tuple(dict.fromkeys([*dataset.train, *dataset.query, *dataset.gallery]))
    if "held-out" in dataset.protocol:  # a part of the training people: count them together again
        dataset = replace(dataset, train=samples, query=(), gallery=())
        expected = {key: value for key, value in expected.items() if key.startswith("train")}
    found = counts(dataset)
    paths = dict.fromkeys(path for sample in samples for path in sample.paths) if decode else {}
    return {
        "protocol": dataset.protocol,
        "found": found,
        "expected": expected,
        "different": {key: [found[key], value] for key, value in expected.items() if found[key] != value},
        "missing": [str(path) for path in [*absent, *dataset.missing]],
        "damaged": [str(path) for path in paths if read_image(path) is None],
        "cameras": sorted({sample.camera_id for sample in samples}),
    }
