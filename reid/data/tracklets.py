"""A folder of tracklets named `<person, 4 digits>C<camera>T<tracklet, 4 digits>`, each a folder of frames."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

from crosscam.base.errors import DatasetError
from reid.data.samples import DatasetReader, ReidDataset, Sample, list_folders, list_images, require_samples
from reid.data.splits import choose_held_out, split_by_identity

NAME = re.compile(r"(?P<person>\d{4})C(?P<camera>\d+)T(?P<tracklet>\d{4})")
EXAMPLE = "0002C1T0012/00.jpg"


def read_tracklets(root: Path) -> list[Sample]:
    """All tracklets in name order.

    Raises:
        DatasetError: The folder is missing, has no such tracklets, or one of them has no images.
    """
    samples = []
    for folder in list_folders(root):
        match = NAME.fullmatch(folder.name)
        if not match:
            continue
        paths = tuple(list_images(folder))
        if not paths:
            raise DatasetError(f"tracklet folder '{folder}' holds no images; expected {EXAMPLE}")
        samples.append(Sample(paths, int(match["person"]), int(match["camera"]), int(match["tracklet"])))
    require_samples(samples, root, EXAMPLE)
    return samples


def read(root: Path, held_out: int | Collection[int] | None = None, seed: int = 0) -> ReidDataset:
    """Each tracklet asks all others; those of the same person and camera are ignored by evaluation.

    Args:
        root: Folder of tracklet folders.
        held_out: Keep this many identities (seen by two cameras), or these, for query and gallery and the rest for
            training; default: everything is evaluated and the training part is empty.
        seed: Of the choice of identities.
    """
    samples = read_tracklets(Path(root))
    if held_out is None:
        return ReidDataset("tracklets", (), tuple(samples), tuple(samples), "each tracklet against all others")
    held = choose_held_out(samples, held_out, seed)
    train, rest = split_by_identity(samples, held)
    protocol = f"each tracklet against all others, held-out {len(held)} identities, seed {seed}"
    return ReidDataset("tracklets", tuple(train), tuple(rest), tuple(rest), protocol)


READER = DatasetReader(read, options=("held_out", "seed"))
