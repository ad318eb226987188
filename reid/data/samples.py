"""What every data set reader returns: samples in a training, a query and a gallery part."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from crosscam.base.errors import DatasetError
from crosscam.base.names import natural_key

JUNK = -1  # person_id of a sample that evaluation ignores
DISTRACTOR = 0  # person_id of an ordinary negative that nobody asks for
IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp")


@dataclass(frozen=True)
class Sample:
    """One person seen once by one camera: a tracklet, or a single image, which is a tracklet of one frame.

    Attributes:
        paths: Image files in time order, at least one.
        person_id: Identity as the data set numbers it; -1 is junk, 0 a distractor where the data set has them.
        camera_id: Camera number as the data set counts.
        tracklet_id: Number within person and camera (the sequence number where the data set names it).
    """

    paths: tuple[Path, ...]
    person_id: int
    camera_id: int
    tracklet_id: int = 0

    def __post_init__(self) -> None:
        if not self.paths:
            raise DatasetError(f"a sample of person {self.person_id} in camera {self.camera_id} has no images")


@dataclass(frozen=True)
class ReidDataset:
    """A data set split for training and retrieval. Query samples may stand in the gallery too.

    Attributes:
        name: Registry name.
        protocol: What the split is, for reports: "official split", "held-out 150 identities, seed 0", ...
        missing: Files that a list of the data set names and that do not exist; samples go without them.
    """

    name: str
    train: tuple[Sample, ...]
    query: tuple[Sample, ...]
    gallery: tuple[Sample, ...]
    protocol: str
    missing: tuple[Path, ...] = ()


@dataclass(frozen=True)
class DatasetReader:
    """A data set's reader with what a complete copy must contain.

    Attributes:
        read: `read(root, **options) -> ReidDataset`.
        expected: Counts of a complete copy under the default options, as `counts` returns them.
        splits: Number of splits over which results are averaged; above 1, `read` takes `split=0...splits-1`.
        options: Names of further keyword options of `read`.
        folders: Folders of a complete copy that the reader can do without.
    """

    read: Callable[..., ReidDataset]
    expected: dict[str, int] = field(default_factory=dict)
    splits: int = 1
    options: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()


def counts(dataset: ReidDataset) -> dict[str, int]:
    """Samples, images and identities (junk and distractors not counted as identities) of every part."""
    found: dict[str, int] = {}
    for part in ("train", "query", "gallery"):
        samples: tuple[Sample, ...] = getattr(dataset, part)
        found[f"{part}_samples"] = len(samples)
        found[f"{part}_images"] = sum(len(sample.paths) for sample in samples)
        found[f"{part}_identities"] = len({sample.person_id for sample in samples} - {JUNK, DISTRACTOR})
    return found


def list_images(folder: Path) -> list[Path]:
    """Image files directly in a folder, sorted numerically by name.

    Raises:
        DatasetError: The folder does not exist.
    """
    found = [p for p in require_folder(folder).iterdir() if p.suffix.lower() in IMAGE_SUFFIXES]
    return sorted(found, key=natural_key)


def list_folders(folder: Path) -> list[Path]:
    """Folders directly in a folder, sorted numerically by name."""
    return sorted((p for p in require_folder(folder).iterdir() if p.is_dir()), key=natural_key)


def require_folder(folder: Path, hint: str = "") -> Path:
    """The folder itself.

    Raises:
        DatasetError: It does not exist or is not a folder; the message names its nearest existing parent's content.
    """
    if folder.is_dir():
        return folder
    file = next((place for place in (folder, *folder.parents) if place.is_file()), None)
    if file:
        raise DatasetError(f"'{file}' is a file, expected a folder{'; ' + hint if hint else ''}")
    parent = next(place for place in folder.parents if place.is_dir())
    content = sorted(p.name for p in parent.iterdir())[:8]
    shown = ", ".join(content) if content else "nothing"
    raise DatasetError(f"folder '{folder}' not found{'; ' + hint if hint else ''}; '{parent}' holds: {shown}")


def require_file(path: Path, hint: str = "") -> Path:
    """The file itself.

    Raises:
        DatasetError: It does not exist.
    """
    if path.is_file():
        return path
    raise DatasetError(f"file '{path}' not found{'; ' + hint if hint else ''}")


def first_folder(root: Path, candidates: Sequence[str]) -> Path:
    """The first of these subfolders that exists ("." is the root itself).

    Raises:
        DatasetError: None does.
    """
    for candidate in candidates:
        if (root / candidate).is_dir():
            return root / candidate
    return require_folder(root / candidates[0])


class FolderListing:
    """Tells whether files exist, listing each folder once: a million single look-ups take minutes on a network disk."""

    def __init__(self) -> None:
        self._names: dict[Path, frozenset[str]] = {}

    def has(self, path: Path) -> bool:
        """Whether the file, or folder, exists."""
        parent = path.parent
        if parent not in self._names:
            self._names[parent] = frozenset(p.name for p in parent.iterdir()) if parent.is_dir() else frozenset()
        return path.name in self._names[parent]

    def split(self, paths: Iterable[Path]) -> tuple[list[Path], list[Path]]:
        """The paths that exist, and those that do not."""
        found: list[Path] = []
        absent: list[Path] = []
        for path in paths:
            (found if self.has(path) else absent).append(path)
        return found, absent


def require_samples(samples: Sequence[Sample], where: Path, expected: str) -> None:
    """Refuse an empty part.

    Raises:
        DatasetError: There is no sample.
    """
    if not samples:
        raise DatasetError(f"'{where}' holds no image named like {expected}")
