"""ONNX Runtime on the CPU."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from crosscam.base.errors import WeightsError
from crosscam.base.extras import require
from crosscam.base.runtime.openvino import last_line


def onnx_session(path: Path) -> Any:
    """An `onnxruntime.InferenceSession` of the file.

    Raises:
        MissingPackageError: ONNX Runtime is not installed.
        WeightsError: The file is not a usable ONNX file.
    """
    onnxruntime = require("onnxruntime", "export", "runtime ONNX Runtime")
    try:
        return onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    except Exception as error:  # the package raises types of its own
        raise WeightsError(f"weights '{path}' are not a usable ONNX file: {last_line(error)}") from error
