"""Market-1501: 1,501 people, six cameras, single images (Zheng et al., ICCV 2015)."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

from reid.data.samples import (
    JUNK,
    DatasetReader,
    ReidDataset,
    Sample,
    list_images,
    require_folder,
    require_samples,
)
from reid.data.splits import choose_held_out, one_query_per_camera, split_by_identity

NAME = re.compile(r"(?P<person>-?\d+)_c(?P<camera>\d)s(?P<sequence>\d)_(?P<frame>\d+)_(?P<box>\d+)")
EXAMPLE = "0001_c1s1_001051_00.jpg"


def read_images(folder: Path) -> list[Sample]:
    """Samples of one folder, in name order; other files and junk (person -1) are left out.

    Raises:
        DatasetError: The folder is missing or holds no image of that naming.
    """
    samples = []
    for path in list_images(folder):
        match = NAME.match(path.name)
        if match and int(match["person"]) != JUNK:
            person, camera, sequence = (int(match[key]) for key in ("person", "camera", "sequence"))
            samples.append(Sample((path,), person, camera, sequence))
    require_samples(samples, folder, EXAMPLE)
    return samples


def read(root: Path, held_out: int | Collection[int] | None = None, seed: int = 0) -> ReidDataset:
    """Read the official split, or a held-out one.

    Args:
        root: Folder with `bounding_box_train`, `query`, `bounding_box_test`, or with `bounding_box_train` alone.
        held_out: Evaluate on this many training identities, or on these, instead of the official test part. Where the
            test part is absent the default is 150.
        seed: Of the choice of the held-out identities and of their query images.

    Raises:
        DatasetError: The folder is missing or is not Market-1501.
    """
    root = Path(root)
    train = read_images(require_folder(root / "bounding_box_train", "expected the Market-1501 root"))
    has_test = (root / "query").is_dir() and (root / "bounding_box_test").is_dir()
    if held_out is None and has_test:
        query, gallery = read_images(root / "query"), read_images(root / "bounding_box_test")
        return ReidDataset("market1501", tuple(train), tuple(query), tuple(gallery), "official split")
    held = choose_held_out(train, 150 if held_out is None else held_out, seed)
    train, rest = split_by_identity(train, held)
    query, gallery = one_query_per_camera(rest, seed)
    protocol = f"held-out {len(held)} identities of bounding_box_train, seed {seed}"
    return ReidDataset("market1501", tuple(train), tuple(query), tuple(gallery), protocol)


READER = DatasetReader(
    read,
    expected={
        "train_samples": 12936,
        "train_identities": 751,
        "query_samples": 3368,
        "query_identities": 750,
        "gallery_samples": 15913,
        "gallery_identities": 750,
    },
    options=("held_out", "seed"),
    folders=("query", "bounding_box_test"),
)
