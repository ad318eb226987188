"""PRID-2011, multi-shot: 178 people in two cameras, ten splits (Hirzer et al., SCIA 2011; Wang et al., ECCV 2014)."""

from __future__ import annotations

import json
from pathlib import Path

from crosscam.base.errors import DatasetError
from reid.data.samples import DatasetReader, ReidDataset, first_folder, require_folder
from reid.data.splits import random_halves
from reid.data.two_cameras import check_split, people_in_both, tracklets_of

SPLIT_FILE = "splits_prid2011.json"
SPLITS = 10
BOTH_VIEWS = 200  # the first 200 numbers are the same people in both cameras; later numbers are not


def read_splits(file: Path) -> list[tuple[list[str], list[str]]]:
    """Train and test names of every split of the official file.

    Raises:
        DatasetError: The file is not a list of {"train": [...], "test": [...]} or a split overlaps.
    """
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        splits = [(list(entry["train"]), list(entry["test"])) for entry in content]
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise DatasetError(f"'{file}' is not a list of splits with 'train' and 'test' names: {error}") from error
    for number, (train, test) in enumerate(splits):
        if set(train) & set(test):
            raise DatasetError(f"'{file}': split {number} has {len(set(train) & set(test))} people in both parts")
    return splits


def read(
    root: Path, split: int = 0, split_file: Path | None = None, min_frames: int = 27, seed: int = 0
) -> ReidDataset:
    """One split: queries from camera A (1), gallery from camera B (2).

    Args:
        root: Folder with `prid_2011/multi_shot` or `multi_shot`.
        split: 0 to 9.
        split_file: Official split file; default: `splits_prid2011.json` in the root. Without it the splits are drawn
            from the people with `min_frames` frames in both views.
        min_frames: 27 gives the 178 people of the video protocol.
        seed: Of drawn splits.
    """
    root = Path(root)
    base = first_folder(root, ["prid_2011/multi_shot", "multi_shot"])
    first, second = require_folder(base / "cam_a"), require_folder(base / "cam_b")
    file = Path(split_file) if split_file else root / SPLIT_FILE
    if split_file and not file.is_file():
        raise DatasetError(f"split file '{file}' not found")
    if file.is_file():
        splits, source = read_splits(file), "official splits"
    else:
        names = [n for n in people_in_both(first, second, min_frames) if int(n.split("_")[-1]) <= BOTH_VIEWS]
        splits, source = random_halves(names, SPLITS, seed), f"drawn splits, seed {seed}, {min_frames} frames"
    check_split(split, len(splits))
    train, test = splits[split]
    missing: list[Path] = []
    parts = []
    for folder, camera, people in ((first, 1, train), (second, 2, train), (first, 1, test), (second, 2, test)):
        samples, absent = tracklets_of(folder, camera, people)
        parts.append(samples)
        missing += absent
    protocol = f"{source}, split {split} of {len(splits)}"
    return ReidDataset(
        "prid2011", tuple(parts[0] + parts[1]), tuple(parts[2]), tuple(parts[3]), protocol, tuple(missing)
    )


READER = DatasetReader(
    read,
    expected={
        "train_samples": 178,
        "train_identities": 89,
        "query_samples": 89,
        "query_identities": 89,
        "gallery_samples": 89,
        "gallery_identities": 89,
    },
    splits=SPLITS,
    options=("split_file", "min_frames", "seed"),
)
