"""The attribute labels of Market-1501: 27 attributes for every person (Lin et al., Pattern Recognition 2019)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from crosscam.base.errors import DatasetError
from reid.data.samples import require_file

# Binary attributes: the file says 1 or 2, and this is the name of 2.
BINARY = {
    "gender": "female",
    "hair": "long hair",
    "up": "short sleeves",
    "down": "short lower body clothing",
    "clothes": "trousers",
    "hat": "hat",
    "backpack": "backpack",
    "bag": "bag",
    "handbag": "handbag",
}
UPPER = ("black", "white", "red", "purple", "yellow", "gray", "blue", "green")
LOWER = ("black", "white", "pink", "purple", "yellow", "gray", "blue", "green", "brown")
AGES = ("child", "teenager", "adult", "old")
COLOUR_FIELDS = {f"up{c}": f"upper {c}" for c in UPPER} | {f"down{c}": f"lower {c}" for c in LOWER}
NAMES = (*BINARY.values(), *COLOUR_FIELDS.values(), *AGES)


@dataclass(frozen=True, eq=False)
class AttributeLabels:
    """Attributes of people.

    Attributes:
        names: A attribute names.
        by_person: person_id -> 0 or 1 for every attribute, int64 (A,).
    """

    names: tuple[str, ...]
    by_person: dict[int, np.ndarray]

    def of(self, person_ids: np.ndarray) -> np.ndarray:
        """Labels (N, A) of people (N,); -1, unknown, for people without labels."""
        unknown = np.full(len(self.names), -1, dtype=np.int64)
        return np.stack([self.by_person.get(int(p), unknown) for p in person_ids])

    def frequencies(self) -> np.ndarray:
        """Share of people who have each attribute, float64 (A,)."""
        return np.mean(list(self.by_person.values()), axis=0)


def read_attributes(file: Path, part: str = "train") -> AttributeLabels:
    """Read `market_attribute.mat`.

    Args:
        file: MATLAB 5 file with the struct `market_attribute`.
        part: "train" or "test".

    Raises:
        DatasetError: The file is missing or is not that file.
    """
    from scipy.io import loadmat

    try:
        content: Any = loadmat(str(require_file(file)), squeeze_me=True, struct_as_record=False)["market_attribute"]
        table = getattr(content, part)
        people = [int(str(p)) for p in np.atleast_1d(table.image_index)]
        columns = [np.atleast_1d(getattr(table, field)).astype(np.int64) - 1 for field in (*BINARY, *COLOUR_FIELDS)]
        ages = np.atleast_1d(table.age).astype(np.int64)
    except DatasetError:
        raise
    except Exception as error:  # a damaged or foreign file fails inside scipy in many ways
        raise DatasetError(f"'{file}' is not Market-1501's attribute file with part '{part}': {error}") from error
    columns += [(ages == number).astype(np.int64) for number in range(1, len(AGES) + 1)]
    labels = np.stack(columns, axis=1)  # (people, A)
    if not np.isin(labels, (0, 1)).all():
        raise DatasetError(f"'{file}': expected 1 or 2 for every binary attribute")
    return AttributeLabels(NAMES, dict(zip(people, labels, strict=True)))
