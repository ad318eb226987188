"""The losses of a configuration, weighed and added up as one identity and one metric loss."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from crosscam.base.errors import TrainingError
from reid.losses import EXTRA_INPUT, INPUTS, LOSSES, METRIC_INPUTS
from reid.losses.pyramid_branches import branch_loss, embedding_of
from reid.training.distributed import gather
from reid.training.options import Loss


class LossValues(NamedTuple):
    """Scalars that carry gradients; `metric` is None where it is undefined. `parts` are the unweighted values."""

    identity: Tensor
    metric: Tensor | None
    parts: dict[str, float]


class Objective(nn.Module):
    """All losses of a run, on the output of one model.

    Args:
        losses: Names, weights and options.
        classes: Training identities.
        dimension: Of the embedding.

    Raises:
        TrainingError: An unknown loss, one that does not fit where it is put, or wrong options.
    """

    def __init__(self, losses: Sequence[Loss], classes: int, dimension: int) -> None:
        super().__init__()
        self._specs = list(losses)
        self.terms = nn.ModuleList(build_loss(spec, classes, dimension) for spec in losses)
        centers = [term for term in self.terms if hasattr(term, "centers")]
        self._centers = centers[0] if centers else None
        if any(spec.class_vectors == "centers" for spec in losses) and not centers:
            raise TrainingError("class_vectors: centers needs a loss named 'center'")

    def forward(self, output: Any, labels: Tensor, classifier: Tensor | None = None) -> LossValues:
        """Losses of a batch; features are gathered from all processes first.

        Args:
            output: `BranchOutput` or `AlignedOutput`.
            labels: Class numbers, int64 (N,).
            classifier: Class vectors of every branch, (branches, classes, width), for losses that want them.
        """
        everyone = gather(labels)
        sums: dict[bool, list[Tensor]] = {True: [], False: []}
        parts: dict[str, float] = {}
        defined = len(everyone.unique()) > 1 and len(everyone.unique()) < len(everyone)
        for spec, term in zip(self._specs, self.terms, strict=True):
            is_identity = spec.input == "logits"
            if not is_identity and not defined:
                continue
            value = self._value(spec, term, output, labels if is_identity else everyone, classifier)
            sums[is_identity].append(spec.weight * value)
            parts[f"{spec.name}/{spec.input}"] = float(value.detach())
        zero = output.features.sum() * 0.0
        identity = torch.stack(sums[True]).sum() if sums[True] else zero
        return LossValues(identity, torch.stack(sums[False]).sum() if sums[False] else None, parts)

    def _value(self, spec: Loss, term: nn.Module, output: Any, labels: Tensor, classifier: Tensor | None) -> Tensor:
        if spec.input == "stripes":
            return term(gather(output.features.float().flatten(1)), gather(output.stripes.float()), labels)
        if spec.input == "logits":
            branches = output.logits.float().unbind(1)
        elif spec.input == "branches":
            branches = gather(output.features.float()).unbind(1)
        else:
            branches = (gather(embedding_of(output)),)
        extras = [self._extra(spec, number, classifier) for number in range(len(branches))]
        return branch_loss(term, branches, labels, extras, getattr(output, "shares", None), spec.reduce)

    def _extra(self, spec: Loss, branch: int, classifier: Tensor | None) -> tuple[Tensor, ...]:
        if EXTRA_INPUT.get(spec.name) != "class_vectors":
            return ()
        if spec.class_vectors == "centers":
            return (self._centers.centers,)  # type: ignore[union-attr, return-value]
        if classifier is None:
            raise TrainingError(f"loss '{spec.name}' needs a model with a classifier per branch")
        return (classifier.flatten(1) if classifier.ndim == 2 else classifier[branch],)


def build_loss(spec: Loss, classes: int, dimension: int) -> nn.Module:
    """The module of one entry of the configuration.

    Raises:
        TrainingError: Unknown name, a loss that does not fit where it is put, or wrong options.
    """
    usable = [name for name in LOSSES if EXTRA_INPUT.get(name, "class_vectors") == "class_vectors"]
    if spec.name in LOSSES and spec.name not in usable:
        way = "set mutual.models" if spec.name.startswith("mutual") else "training on images does not give them"
        raise TrainingError(f"loss '{spec.name}' takes {EXTRA_INPUT[spec.name]}: {way}")
    if spec.name not in usable:
        raise TrainingError(f"unknown image loss '{spec.name}'; available: {', '.join(usable)}")
    inputs = INPUTS.get(spec.name, METRIC_INPUTS)
    if spec.input not in inputs:
        raise TrainingError(f"loss '{spec.name}' does not work on '{spec.input}', but on {' or '.join(inputs)}")
    if EXTRA_INPUT.get(spec.name) == "class_vectors" and (spec.input == "embedding") != (
        spec.class_vectors == "centers"
    ):
        raise TrainingError(f"loss '{spec.name}' compares 'branches' with the classifier or 'embedding' with centers")
    needed = inspect.signature(LOSSES[spec.name]).parameters
    sizes = {"classes": classes, "dimension": dimension}
    given = {key: value for key, value in sizes.items() if key in needed}
    try:
        return LOSSES[spec.name](**given, **spec.options)
    except (TypeError, ValueError) as error:
        raise TrainingError(f"loss '{spec.name}': {error}") from error
