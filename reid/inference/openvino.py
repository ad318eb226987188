"""A network on OpenVINO (CPU): reading, converting, caching and running it."""

from __future__ import annotations

import contextlib
import logging
import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscam.base.extras import require
from crosscam.base.runtime.openvino import last_line, openvino_core, read_model, takes_pictures
from reid.checkpoint import Checkpoint
from reid.inference.input_spec import METADATA_KEY, InputSpec
from reid.inference.runtimes import checkpoint_spec, onnx_spec, require_vectors

if TYPE_CHECKING:
    from torch import nn

logger = logging.getLogger(__name__)
CHUNK = 8  # crops per request: larger ones leave the CPU's cache (measured by benchmarks/reid/speed.py)


class OpenVinoRuntime:
    """OpenVINO on the CPU, in the precision that it chooses for the machine (bfloat16 where the CPU has it).

    The conversion from bytes, the channel order and the normalisation are part of the graph. Batches are cut into
    chunks that run side by side, one core each, which beats one large batch over all cores.

    Args:
        model: An `openvino.Model` with one float input (N, 3, H, W).
        spec: Its input.
    """

    device = "cpu"

    def __init__(self, model: Any, spec: InputSpec) -> None:
        import openvino

        self.spec = spec
        prepared = takes_pictures(model, spec.rgb, spec.mean, spec.scale)
        compiled = openvino_core().compile_model(prepared, "CPU", {"PERFORMANCE_HINT": "THROUGHPUT"})
        fixed = compiled.input(0).partial_shape[0]
        self._chunk = CHUNK if fixed.is_dynamic else fixed.get_length()
        self._must_fill = not fixed.is_dynamic
        self._queue = openvino.AsyncInferQueue(compiled)
        self._results: dict[int, np.ndarray] = {}
        self._queue.set_callback(self._collect)

    def _collect(self, request: Any, start: int) -> None:
        output = request.get_output_tensor(0).data
        self._results[start] = output.reshape(len(output), -1).copy()

    def run(self, batch: np.ndarray) -> np.ndarray:
        self._results.clear()
        for start in range(0, len(batch), self._chunk):
            part = batch[start : start + self._chunk]
            if self._must_fill and len(part) < self._chunk:
                part = np.concatenate([part, np.repeat(part[-1:], self._chunk - len(part), axis=0)])
            self._queue.start_async([part], userdata=start)
        self._queue.wait_all()
        return np.concatenate([self._results[start] for start in sorted(self._results)])[: len(batch)].astype(
            np.float32
        )


def convert_to_openvino(network: nn.Module, spec: InputSpec) -> Any:
    """The network as an OpenVINO model with a float input (N, 3, H, W) of any batch size and its spec as metadata."""
    import openvino
    import torch

    example = torch.zeros(2, 3, *spec.size)
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")  # tracing warns of its own deprecation and of shape checks in Python
        model = openvino.convert_model(network.eval(), example_input=example, input=[-1, 3, *spec.size])
    model.set_rt_info(spec.to_json(), METADATA_KEY)
    return model


def read_openvino(path: Path) -> tuple[Any, InputSpec]:
    """A model from .xml or .onnx with its spec.

    An .xml file without our metadata is taken for one of the Open Model Zoo: BGR, 0 to 255, normalised inside.

    Raises:
        WeightsError: Unreadable, or its input is no batch of images.
    """
    model = read_model(path)
    require_vectors(_sides(model.output(0)), path)
    if model.has_rt_info(METADATA_KEY):
        return model, InputSpec.from_json(str(model.get_rt_info(METADATA_KEY).value))
    if model.has_rt_info(["framework", METADATA_KEY]):
        return model, InputSpec.from_json(str(model.get_rt_info(["framework", METADATA_KEY]).value))
    spec = onnx_spec(None, _sides(model.input(0)), path)
    if path.suffix == ".xml":
        spec = InputSpec(spec.size, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0), rgb=False, model=path.stem)
    return model, spec


def _sides(port: Any) -> list[int | str]:
    """The shape of an input or output, "N" for sides that are not fixed; empty where even their number is not."""
    if port.partial_shape.rank.is_dynamic:
        return []
    return [side.get_length() if side.is_static else "N" for side in port.partial_shape]


def converted(checkpoint_path: Path, digest: str, load: Callable[[], Checkpoint]) -> tuple[Any, InputSpec]:
    """The OpenVINO form of a checkpoint: the one beside it, or converted once and kept in the user's cache folder.

    Converting needs torch and takes seconds; reading the converted file takes a tenth of one. A file of the same name
    with the ending .xml counts if it carries the checkpoint's fingerprint: so the shipped model needs no torch.

    Args:
        checkpoint_path: For messages.
        digest: Of the checkpoint's bytes; names the cached file together with OpenVINO's version.
        load: Reads the checkpoint.
    """
    import openvino

    base = Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")) / "crosscam"
    cached = base / f"{digest}-{openvino.__version__.split('-')[0]}.xml"
    for known in (checkpoint_path.with_suffix(".xml"), cached):
        if known.is_file():
            with contextlib.suppress(ValueError, KeyError):  # a damaged or foreign file is passed over
                model, spec = read_openvino(known)
                if spec.fingerprint == digest or known is cached:
                    return model, spec
    require("torch", "torch", f"weights '{checkpoint_path}'")
    checkpoint = load()
    spec = checkpoint_spec(checkpoint)
    model = convert_to_openvino(checkpoint.build(), spec)
    try:
        save_openvino(model, cached)
    except (OSError, RuntimeError) as error:
        logger.info("converted '%s' is not cached: %s", checkpoint_path, last_line(error))
    return model, spec


def save_openvino(model: Any, path: Path) -> None:
    """Write .xml and .bin, in float16; they get their final names only when whole, the .xml last."""
    import openvino

    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"part{os.getpid()}-{path.name}")
    openvino.save_model(model, partial, compress_to_fp16=True)
    os.replace(partial.with_suffix(".bin"), path.with_suffix(".bin"))
    os.replace(partial, path)
