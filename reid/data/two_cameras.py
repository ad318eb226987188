"""What PRID-2011 and iLIDS-VID share: one tracklet per person and camera, split by person."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from crosscam.base.errors import DatasetError
from crosscam.base.names import natural_key
from reid.data.samples import Sample, list_images


def person_number(name: str) -> int:
    """The number in a directory name: person_0001 is 1.

    Raises:
        DatasetError: There is none.
    """
    digits = "".join(c for c in name if c.isdigit())
    if not digits:
        raise DatasetError(f"person folder '{name}' has no number")
    return int(digits)


def tracklet(folder: Path, camera_id: int) -> Sample | None:
    """The tracklet in a person's folder, frames sorted numerically; None where it is absent or empty."""
    paths = list_images(folder) if folder.is_dir() else []
    return Sample(tuple(paths), person_number(folder.name), camera_id) if paths else None


def people_in_both(first: Path, second: Path, min_frames: int) -> list[str]:
    """Names of the people with at least that many frames in both cameras, sorted numerically."""
    shared = {p.name for p in first.iterdir() if p.is_dir()} & {p.name for p in second.iterdir() if p.is_dir()}
    ordered = sorted((Path(name) for name in shared), key=natural_key)
    enough = [p.name for p in ordered if min(len(list_images(c / p.name)) for c in (first, second)) >= min_frames]
    if len(enough) < 2:
        raise DatasetError(f"'{first}' and '{second}' share {len(enough)} people with {min_frames} frames, need 2")
    return enough


def tracklets_of(folder: Path, camera_id: int, names: Sequence[str]) -> tuple[list[Sample], list[Path]]:
    """Tracklets of these people in one camera, and the folders that are absent or empty.

    Raises:
        DatasetError: None of them exists.
    """
    found: list[Sample] = []
    missing: list[Path] = []
    for name in names:
        sample = tracklet(folder / name, camera_id)
        if sample:
            found.append(sample)
        else:
            missing.append(folder / name)
    if names and not found:
        raise DatasetError(f"'{folder}' holds none of the {len(names)} people of the split, such as '{names[0]}'")
    return found, missing


def check_split(split: int, splits: int) -> None:
    """Refuse a split number outside 0...splits-1."""
    if not 0 <= split < splits:
        raise DatasetError(f"split must be 0 to {splits - 1}, got {split}")
