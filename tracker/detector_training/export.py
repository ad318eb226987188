"""From a trained network to the file that ships: ONNX, weights in 16 bits, any input size, YOLOX's output layout."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch

from crosscam.base.errors import WeightsError
from tracker.detection.network import PersonNetwork, YoloxLayout, fuse

TRACE_SIZE = 416
MIN_HALVED = 64
"""Smaller tensors (biases, constants of the graph) stay in 32 bits: they weigh nothing."""


def export_network(network: PersonNetwork, path: Path, metadata: dict[str, Any]) -> None:
    """Write the network to an .onnx file; metadata goes into the file's properties as JSON values."""
    try:
        import onnx
    except ImportError as error:
        raise WeightsError("exporting needs the package onnx: pip install onnx onnxscript") from error
    model = YoloxLayout(fuse(network)).eval()
    partial = path.with_suffix(".part.onnx")
    axes = {"images": {0: "batch", 2: "height", 3: "width"}, "cells": {0: "batch", 1: "cells"}}
    with warnings.catch_warnings():
        # The newer exporter writes the size of the example into the graph.
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            model,
            (torch.zeros(1, 3, TRACE_SIZE, TRACE_SIZE),),
            str(partial),
            input_names=["images"],
            output_names=["cells"],
            dynamic_axes=axes,
            opset_version=17,
            dynamo=False,
            do_constant_folding=False,  # keeps every weight under its own name
        )
    graph = onnx.load(str(partial))
    partial.unlink()
    _halve_weights(graph)
    architecture = {name: getattr(network.options, name) for name in ("widths", "depths", "neck", "head")}
    for key, value in {**metadata, "architecture": architecture}.items():
        graph.metadata_props.add(key=key, value=json.dumps(value))
    onnx.checker.check_model(graph)
    onnx.save(graph, str(path))


def _halve_weights(model: Any) -> None:
    """Store kernels as float16 with a cast back before their use; the runtime folds the casts when it loads."""
    import onnx
    from onnx import numpy_helper

    casts = []
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.size < MIN_HALVED:
            continue
        name = tensor.name
        tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float16), f"{name}.half"))
        casts.append(onnx.helper.make_node("Cast", [f"{name}.half"], [name], to=onnx.TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
