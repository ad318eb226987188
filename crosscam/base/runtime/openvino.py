"""OpenVINO: the process's one core, reading models, and pictures as their input."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from crosscam.base.errors import WeightsError

FIRST_BYTES = {".xml": (b"<", b"\xef"), ".onnx": (b"\x08",)}
"""Of a tag (or a byte order mark before it); of ONNX's first field, its version."""


@cache
def openvino_core() -> Any:
    """The process's one `openvino.Core`, which lives as long as the process.

    Its CPU plugin gives the thread that first compiles a network a signal stack, and frees it with the plugin, in
    whichever thread that happens: the next Python signal handler of the first thread (Ctrl-C) would then crash.
    """
    import openvino

    return openvino.Core()


def read_model(path: Path) -> Any:
    """An `openvino.Model` from an .xml or .onnx file.

    Raises:
        WeightsError: Missing, or not such a file; the first bytes tell before OpenVINO's readers, which would each
            complain on standard error.
    """
    try:
        with path.open("rb") as file:
            first = file.read(1)
    except OSError as error:
        raise WeightsError(f"cannot read weights '{path}': {error.strerror or error}") from error
    if first not in FIRST_BYTES.get(path.suffix.lower(), (first,)):
        raise WeightsError(f"weights '{path}' are not a usable OpenVINO or ONNX file")
    try:
        return openvino_core().read_model(path)
    except RuntimeError as error:
        raise WeightsError(f"weights '{path}' are not a usable OpenVINO or ONNX file: {last_line(error)}") from error


def takes_pictures(
    model: Any, rgb: bool, mean: Sequence[float] | None = None, scale: Sequence[float] | float | None = None
) -> Any:
    """The model with uint8 BGR images (N, H, W, 3) as its input: colours, mean and scale become part of the graph.

    Args:
        model: An `openvino.Model` with one float input (N, 3, H, W).
        rgb: The model's channels are red, green, blue.
        mean: Subtracted from the channels in the model's order, on the 0 to 255 scale.
        scale: Divides them.
    """
    import openvino
    from openvino.preprocess import ColorFormat, PrePostProcessor

    processor = PrePostProcessor(model)
    port = processor.input()
    port.tensor().set_element_type(openvino.Type.u8).set_layout(openvino.Layout("NHWC"))
    port.tensor().set_color_format(ColorFormat.BGR)
    port.model().set_layout(openvino.Layout("NCHW"))
    steps = port.preprocess().convert_element_type(openvino.Type.f32)
    if rgb:
        steps = steps.convert_color(ColorFormat.RGB)
    if mean is not None:
        steps = steps.mean(list(mean))
    if scale is not None:
        steps.scale(scale if isinstance(scale, float) else list(scale))
    return processor.build()


def last_line(error: BaseException) -> str:
    """What an error of a runtime says, without its traceback through C++: the last line that is not empty."""
    lines = [line for line in str(error).splitlines() if line.strip()]
    return lines[-1].strip() if lines else type(error).__name__
