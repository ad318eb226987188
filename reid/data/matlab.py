"""Reading matrices from MATLAB 5 files."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from crosscam.base.errors import DatasetError
from reid.data.samples import require_file


def load_matrix(file: Path, key: str) -> np.ndarray:
    """One numeric variable of a MATLAB 5 file.

    Raises:
        DatasetError: The file is missing, is not such a file, or lacks the variable.
    """
    from scipy.io import loadmat

    require_file(file)
    try:
        matrix = np.asarray(loadmat(str(file), variable_names=[key])[key])
    except Exception as error:  # a damaged file fails inside scipy in many ways: struct, zlib, Value, Type, Mat errors
        raise DatasetError(f"'{file}' is not a MATLAB 5 file with variable '{key}': {error}") from error
    if not np.issubdtype(matrix.dtype, np.number):
        raise DatasetError(f"variable '{key}' of '{file}' is not numeric but {matrix.dtype}")
    return matrix
