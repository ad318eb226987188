"""CUHK03 under the new protocol, 767 / 700 identities (Li et al., CVPR 2014; Zhong et al., CVPR 2017)."""

from __future__ import annotations

import re
from pathlib import Path

from reid.data.samples import DatasetReader, ReidDataset, Sample, first_folder, list_images, require_samples

NAME = re.compile(r"(?P<person>\d+)_c(?P<camera>\d+)")
EXAMPLE = "0001_c1_11.png"


def read_images(folder: Path) -> list[Sample]:
    """Samples of one folder, in name order."""
    matches = [(path, NAME.match(path.name)) for path in list_images(folder)]
    samples = [Sample((path,), int(match["person"]), int(match["camera"])) for path, match in matches if match]
    require_samples(samples, folder, EXAMPLE)
    return samples


def read(root: Path, boxes: str = "detected") -> ReidDataset:
    """Read CUHK03-NP.

    Args:
        root: Folder with `labeled` and `detected`, or one of these two itself.
        boxes: "detected" or "labeled".
    """
    if boxes not in ("detected", "labeled"):
        raise ValueError(f"boxes must be 'detected' or 'labeled', got {boxes!r}")
    root = Path(root)
    base = root if (root / "bounding_box_train").is_dir() else first_folder(root, [boxes, f"cuhk03-np/{boxes}"])
    train, query, gallery = (read_images(base / part) for part in ("bounding_box_train", "query", "bounding_box_test"))
    return ReidDataset("cuhk03", tuple(train), tuple(query), tuple(gallery), f"767/700 split, {boxes} boxes")


READER = DatasetReader(
    read,
    expected={
        "train_samples": 7365,
        "train_identities": 767,
        "query_samples": 1400,
        "query_identities": 700,
        "gallery_samples": 5332,
        "gallery_identities": 700,
    },
    options=("boxes",),
)
