"""MARS: 20,478 tracklets of 1,261 people, six cameras (Zheng et al., ECCV 2016).

Three galleries are in circulation, and scores from different ones cannot be compared:

    12180   every test tracklet, the official MATLAB evaluation; junk is ignored, a query finds itself as same camera
    11310   the same without the 870 junk tracklets: equal scores (default)
    9330    also without the 1,980 queries: 140 queries lose their only answers and are silently dropped by most code
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from crosscam.base.errors import DatasetError
from reid.data.matlab import load_matrix
from reid.data.samples import JUNK, DatasetReader, FolderListing, ReidDataset, Sample, require_file, require_folder

NAME = re.compile(r"(?P<person>\d{4}|00-1)C(?P<camera>[1-6])T(?P<tracklet>\d{4})F(?P<frame>\d{3,})\.jpg")
GALLERIES = ("11310", "12180", "9330")


@dataclass(frozen=True, eq=False)
class TrackletList:
    """Tracklets of one part, as the `info` folder lists them.

    Attributes:
        names: Image names; a tracklet's frames are consecutive.
        rows: First name, last name (from 1, inclusive), person, camera; int64 (N, 4).
    """

    names: list[str]
    rows: np.ndarray

    @property
    def persons(self) -> np.ndarray:
        """int64 (N,), -1 is junk and 0 a distractor."""
        return self.rows[:, 2]

    @property
    def cameras(self) -> np.ndarray:
        """int64 (N,), 1 to 6."""
        return self.rows[:, 3]

    @property
    def lengths(self) -> np.ndarray:
        """Frames per tracklet, int64 (N,)."""
        return self.rows[:, 1] - self.rows[:, 0] + 1

    def frames(self, index: int) -> list[str]:
        """Image names of one tracklet in time order."""
        first, last = self.rows[index, :2]
        return self.names[first - 1 : last]


def read_list(info: Path, part: str) -> TrackletList:
    """The tracklets of "train" or "test".

    Raises:
        DatasetError: A file is missing, not what it should be, or the two disagree.
    """
    names = require_file(info / f"{part}_name.txt").read_text(encoding="ascii").split()
    table = info / f"tracks_{part}_info.mat"
    rows = load_matrix(table, f"track_{part}_info").astype(np.int64)
    if rows.ndim != 2 or rows.shape[1] != 4 or rows[:, :2].min() < 1 or rows[:, 1].max() > len(names):
        raise DatasetError(f"'{table}' has shape {rows.shape} and must index the {len(names)} names of {part}_name.txt")
    for first, last, person, camera in rows.tolist():
        # The table and the name list are separate files: check the ends of each tracklet against one another.
        for name in (names[first - 1], names[last - 1]):
            match = NAME.fullmatch(name)
            if not match or _person(match["person"]) != person or int(match["camera"]) != camera:
                raise DatasetError(f"'{table}' says person {person}, camera {camera} for image '{name}'")
    return TrackletList(names, rows)


def read_query_indices(info: Path) -> np.ndarray:
    """Rows of the test list, from 0, that are queries, int64 (Q,)."""
    return load_matrix(info / "query_IDX.mat", "query_IDX").astype(np.int64).reshape(-1) - 1


def gallery_indices(test: TrackletList, queries: np.ndarray, gallery: str = "11310") -> np.ndarray:
    """Rows of the test list, from 0, that stand in the gallery, int64 (G,)."""
    if gallery not in GALLERIES:
        raise ValueError(f"unknown MARS gallery {gallery!r}; available: {', '.join(GALLERIES)}")
    keep = np.ones(len(test.rows), dtype=bool)
    if gallery != "12180":
        keep &= test.persons != JUNK
    if gallery == "9330":
        keep[queries] = False
    return np.flatnonzero(keep)


def read(root: Path, gallery: str = "11310") -> ReidDataset:
    """Read the official lists and find their images.

    Args:
        root: Folder with `bbox_train`, `bbox_test` and `info`.
        gallery: "11310", "12180" or "9330", see the module.

    Raises:
        DatasetError: Lists or image folders are missing or contradict each other.
    """
    root = Path(root)
    info = require_folder(root / "info", "expected the MARS root with bbox_train, bbox_test and info")
    for name in ("bbox_train", "bbox_test"):
        require_folder(root / name)
    train, test, queries = read_list(info, "train"), read_list(info, "test"), read_query_indices(info)
    listing, missing = FolderListing(), []
    train_samples, absent = _samples(train, root / "bbox_train", listing)
    missing += absent
    test_samples, absent = _samples(test, root / "bbox_test", listing)
    missing += absent
    return ReidDataset(
        "mars",
        tuple(sample for sample in train_samples if sample),
        tuple(sample for i in queries if (sample := test_samples[i])),
        tuple(sample for i in gallery_indices(test, queries, gallery) if (sample := test_samples[i])),
        f"gallery {gallery}",
        tuple(missing),
    )


def _samples(tracklets: TrackletList, folder: Path, listing: FolderListing) -> tuple[list[Sample | None], list[Path]]:
    """One sample per tracklet, None where no image of it exists, and the images that are absent."""
    samples: list[Sample | None] = []
    missing: list[Path] = []
    for index, (_, _, person, camera) in enumerate(tracklets.rows.tolist()):
        names = tracklets.frames(index)
        found, absent = listing.split([folder / name[:4] / name for name in names])
        missing += absent
        number = int(NAME.fullmatch(names[0])["tracklet"])  # type: ignore[index]
        samples.append(Sample(tuple(found), person, camera, number) if found else None)
    if not any(samples):
        raise DatasetError(f"'{folder}' holds none of the {len(missing)} listed images; the first is '{missing[0]}'")
    return samples, missing


def _person(text: str) -> int:
    return JUNK if text == "00-1" else int(text)


READER = DatasetReader(
    read,
    expected={
        "train_samples": 8298,
        "train_images": 509914,
        "train_identities": 625,
        "query_samples": 1980,
        "query_identities": 626,
        "gallery_samples": 11310,
        "gallery_identities": 634,
    },
    options=("gallery",),
)
