"""iLIDS-VID: 300 people in two cameras of an airport, ten splits (Wang et al., ECCV 2014)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from crosscam.base.errors import DatasetError
from reid.data.matlab import load_matrix
from reid.data.samples import DatasetReader, ReidDataset, first_folder, require_folder
from reid.data.splits import random_halves
from reid.data.two_cameras import check_split, people_in_both, tracklets_of

SPLIT_FILES = (
    "train-test people splits/train_test_splits_ilidsvid.mat",
    "train_test_splits_ilidsvid.mat",
)
SPLITS = 10


def read_splits(file: Path, names: list[str]) -> list[tuple[list[str], list[str]]]:
    """Train and test names of every split; the file's indices, from 1, go into the sorted names, test half first.

    Raises:
        DatasetError: The file is unreadable or indexes more people than there are folders.
    """
    table = load_matrix(file, "ls_set").astype(np.int64)
    if table.ndim != 2 or table.min() < 1 or table.max() > len(names):
        raise DatasetError(f"'{file}' indexes people 1 to {table.max()}, but {len(names)} folders were found")
    half = table.shape[1] // 2
    return [([names[i - 1] for i in row[half:]], [names[i - 1] for i in row[:half]]) for row in table.tolist()]


def read(root: Path, split: int = 0, split_file: Path | None = None, seed: int = 0) -> ReidDataset:
    """One split: queries from camera 1, gallery from camera 2.

    Args:
        root: Folder with `i-LIDS-VID/sequences` or `sequences`.
        split: 0 to 9.
        split_file: Official split file; default: where the data set has it. Without it the splits are drawn.
        seed: Of drawn splits.
    """
    root = Path(root)
    base = first_folder(root, ["i-LIDS-VID/sequences", "sequences"])
    first, second = require_folder(base / "cam1"), require_folder(base / "cam2")
    names = people_in_both(first, second, min_frames=1)
    candidates = [Path(split_file)] if split_file else [root / name for name in SPLIT_FILES]
    file = next((f for f in candidates if f.is_file()), None)
    if split_file and file is None:
        raise DatasetError(f"split file '{split_file}' not found")
    splits = read_splits(file, names) if file else random_halves(names, SPLITS, seed)
    source = "official splits" if file else f"drawn splits, seed {seed}"
    check_split(split, len(splits))
    train, test = splits[split]
    train_samples = tracklets_of(first, 1, train)[0] + tracklets_of(second, 2, train)[0]
    query, gallery = tracklets_of(first, 1, test)[0], tracklets_of(second, 2, test)[0]
    protocol = f"{source}, split {split} of {len(splits)}"
    return ReidDataset("ilids_vid", tuple(train_samples), tuple(query), tuple(gallery), protocol)


READER = DatasetReader(
    read,
    expected={
        "train_samples": 300,
        "train_identities": 150,
        "query_samples": 150,
        "query_identities": 150,
        "gallery_samples": 150,
        "gallery_identities": 150,
    },
    splits=SPLITS,
    options=("split_file", "seed"),
)
