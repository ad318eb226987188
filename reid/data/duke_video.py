"""DukeMTMC-VideoReID: reader only, for copies that people already have; its authors withdrew the footage."""

from __future__ import annotations

import re
from pathlib import Path

from crosscam.base.errors import DatasetError
from reid.data.samples import DatasetReader, ReidDataset, Sample, list_folders, list_images, require_samples

NAME = re.compile(r"(?P<person>\d{4})_?C(?P<camera>\d)_?F\d+")  # underscores in the present naming, none in the old
EXAMPLE = "0001/0001/0001_C6_F0099_X30823.jpg"


def read_part(folder: Path) -> list[Sample]:
    """Tracklets of `folder/<person>/<tracklet>/*.jpg`.

    Raises:
        DatasetError: A tracklet is empty or named otherwise, or there is none.
    """
    samples = []
    for person in list_folders(folder):
        for tracklet in list_folders(person):
            paths = list_images(tracklet)
            match = NAME.match(paths[0].name) if paths else None
            if not match:
                raise DatasetError(f"tracklet '{tracklet}' holds no image named like {EXAMPLE}")
            digits = "".join(c for c in tracklet.name if c.isdigit())
            number = int(digits) if digits else 0
            samples.append(Sample(tuple(paths), int(person.name), int(match["camera"]), number))
    require_samples(samples, folder, EXAMPLE)
    return samples


def read(root: Path) -> ReidDataset:
    """Read the official folders `train`, `query` and `gallery`."""
    train, query, gallery = (tuple(read_part(Path(root) / part)) for part in ("train", "query", "gallery"))
    return ReidDataset("duke_video", train, query, gallery, "official split")


READER = DatasetReader(
    read,
    expected={
        "train_samples": 2196,
        "train_identities": 702,
        "query_samples": 702,
        "query_identities": 702,
        "gallery_samples": 2636,
        "gallery_identities": 1110,
    },
)
