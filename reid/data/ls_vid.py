"""LS-VID: 14,943 long tracklets of 3,772 people, 15 cameras (Li et al., ICCV 2019)."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np

from crosscam.base.errors import DatasetError
from crosscam.base.extras import require
from reid.data.samples import (
    DatasetReader,
    ReidDataset,
    Sample,
    list_images,
    require_file,
    require_folder,
)

EXAMPLE = "'<path prefix> <person>'"


def read_sequences(file: Path, root: Path) -> tuple[list[Sample | None], list[Path]]:
    """One sample per line `<path prefix> <person>`, None where no image has that prefix, and the absent prefixes."""
    folders: dict[Path, dict[str, list[Path]]] = {}
    samples: list[Sample | None] = []
    missing: list[Path] = []
    for number, line in enumerate(require_file(file).read_text(encoding="utf-8").splitlines(), start=1):
        prefix, _, person = line.strip().rpartition(" ")
        fields = Path(prefix).name.split("_")
        if len(fields) < 3 or not person.isdigit() or not fields[2].lstrip("c").isdigit():
            raise DatasetError(f"{file}:{number}: expected {EXAMPLE} with the camera as third field, got {line!r}")
        start = root / prefix
        paths = _with_prefix(start, folders)
        if not paths:
            missing.append(start)
        samples.append(Sample(tuple(paths), int(person), int(fields[2].lstrip("c"))) if paths else None)
    if not any(samples):
        raise DatasetError(f"'{root}' holds no image of the {len(samples)} tracklets of '{file.name}'")
    return samples, missing


def _with_prefix(start: Path, folders: dict[Path, dict[str, list[Path]]]) -> list[Path]:
    """Images whose name begins with the prefix's three fields and fits it, numerically sorted."""
    if start.parent not in folders:
        groups: dict[str, list[Path]] = defaultdict(list)
        for path in list_images(start.parent) if start.parent.is_dir() else []:
            groups["_".join(path.name.split("_")[:3])].append(path)
        folders[start.parent] = groups
    candidates = folders[start.parent].get("_".join(start.name.split("_")[:3]), [])
    return [path for path in candidates if path.name.startswith(start.name)]


def read_query_indices(file: Path) -> np.ndarray:
    """Rows of the test list, from 0, that are queries, int64 (Q,).

    Raises:
        MissingPackageError: h5py is not installed.
        DatasetError: The file is not HDF5 with `query`.
    """
    h5py = require("h5py", "train", "LS-VID's query list, which is HDF5,")
    try:
        with h5py.File(require_file(file), "r") as content:
            return np.asarray(content["query"], dtype=np.int64).reshape(-1) - 1
    except (OSError, KeyError) as error:
        raise DatasetError(f"'{file}' is not an HDF5 file with 'query': {error}") from error


def read(root: Path) -> ReidDataset:
    """Read the official lists; the gallery is the whole test list, queries included, as in MARS's 11,310.

    Args:
        root: Folder with `info/list_sequence`, `info/data/info_test.mat` and the images that the lists name.
    """
    root = Path(root)
    info = require_folder(root / "info", "expected the LS-VID root")
    train, absent_train = read_sequences(info / "list_sequence" / "list_seq_train.txt", root)
    test, absent_test = read_sequences(info / "list_sequence" / "list_seq_test.txt", root)
    queries = read_query_indices(info / "data" / "info_test.mat")
    if len(queries) and not 0 <= queries.min() <= queries.max() < len(test):
        raise DatasetError(f"'{info / 'data' / 'info_test.mat'}' indexes beyond the {len(test)} test tracklets")
    return ReidDataset(
        "ls_vid",
        tuple(s for s in train if s),
        tuple(s for i in queries if (s := test[i])),
        tuple(s for s in test if s),
        "official split, gallery with queries",
        tuple(absent_train + absent_test),
    )


READER = DatasetReader(
    read,
    expected={"train_samples": 2831, "train_identities": 842, "query_samples": 3504, "gallery_samples": 11333},
)
