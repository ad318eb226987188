"""MSMT17: 4,101 people, 15 cameras, single images (Wei et al., CVPR 2018)."""

from __future__ import annotations

import re
from pathlib import Path

from crosscam.base.errors import DatasetError
from reid.data.samples import (
    DatasetReader,
    FolderListing,
    ReidDataset,
    Sample,
    first_folder,
    require_file,
    require_samples,
)

NAME = re.compile(r"\d+_\d+_(?P<camera>\d+)_")
EXAMPLE = "0000_000_01_0303morning_0008_0.jpg"
TRAIN_PEOPLE = 1041


def read_list(file: Path, images: Path, first_id: int, listing: FolderListing) -> tuple[list[Sample], list[Path]]:
    """Samples of one list of lines `<path> <label from 0>`, and the images it names that are absent."""
    samples: list[Sample] = []
    missing: list[Path] = []
    for number, line in enumerate(require_file(file).read_text(encoding="utf-8").splitlines(), start=1):
        name, _, label = line.rpartition(" ")
        match = NAME.match(Path(name).name)
        if not match or not label.isdigit():
            raise DatasetError(f"{file}:{number}: expected '<path like {EXAMPLE}> <label>', got {line!r}")
        path = images / name
        if listing.has(path):
            samples.append(Sample((path,), first_id + int(label), int(match["camera"])))
        else:
            missing.append(path)
    require_samples(samples, images, EXAMPLE)
    return samples, missing


def read(root: Path) -> ReidDataset:
    """Read the official lists; training and validation lists together are the training part, as is usual.

    Labels begin at 0 in both parts although the people differ: training people become 1...1041 and test people 1042...
    """
    root = first_folder(Path(root), ["MSMT17_V1", "MSMT17_V2", "."])
    train_images = first_folder(root, ["train", "mask_train_v2"])
    test_images = first_folder(root, ["test", "mask_test_v2"])
    listing = FolderListing()
    parts: dict[str, list[Sample]] = {}
    missing: list[Path] = []
    for name in ("train", "val", "query", "gallery"):
        trains = name in ("train", "val")
        images, first_id = (train_images, 1) if trains else (test_images, 1 + TRAIN_PEOPLE)
        parts[name], absent = read_list(root / f"list_{name}.txt", images, first_id, listing)
        missing += absent
    train = tuple(parts["train"] + parts["val"])
    return ReidDataset(
        "msmt17", train, tuple(parts["query"]), tuple(parts["gallery"]), "official split, train + val", tuple(missing)
    )


READER = DatasetReader(
    read,
    expected={
        "train_samples": 32621,
        "train_identities": 1041,
        "query_samples": 11659,
        "query_identities": 3060,
        "gallery_samples": 82161,
        "gallery_identities": 3060,
    },
)
