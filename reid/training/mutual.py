"""Mutual learning: several models see the same batch and teach each other (Zhang et al., CVPR 2018; AlignedReID)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from reid.losses import ClassificationMutualLoss, MetricMutualLoss
from reid.losses.pyramid_branches import embedding_of
from reid.training.distributed import gather
from reid.training.options import Mutual


class Cohort(nn.Module):
    """Models that are trained together, as one module with one output per model.

    Args:
        models: At least one; the first is the one that is kept.
    """

    def __init__(self, models: Sequence[nn.Module]) -> None:
        super().__init__()
        self.models = nn.ModuleList(models)

    def forward(self, images: Tensor) -> list[Any]:
        return [model(images) for model in self.models]


def mutual_loss(outputs: Sequence[Any], options: Mutual) -> Tensor:
    """Sum over the models of what they learn from their peers; every peer is a fixed target.

    Classification: KL divergence of the branches' class probabilities. Metric: difference of the distance matrices of
    the test embeddings. 0 for a single model.
    """
    total = outputs[0].features.sum() * 0.0
    if len(outputs) < 2:
        return total
    by_class, by_distance = ClassificationMutualLoss(), MetricMutualLoss()
    embeddings = [gather(embedding_of(output)) for output in outputs]
    for number, output in enumerate(outputs):
        others = [other for other in range(len(outputs)) if other != number]
        if options.classification:
            peers = [outputs[other].logits.flatten(0, 1) for other in others]
            total = total + options.classification * by_class(output.logits.flatten(0, 1), peers)
        if options.metric:
            peers = [embeddings[other] for other in others]
            total = total + options.metric * by_distance(embeddings[number], peers)
    return total


def class_vectors(model: nn.Module) -> Tensor | None:
    """Classifier vectors of every branch, (branches, classes, width), or None for a model without a classifier."""
    head = getattr(model, "head", model)
    classifier = getattr(head, "classifier", None)
    if classifier is None:
        return None
    if isinstance(classifier, nn.Linear):
        return classifier.weight[None]
    return torch.transpose(classifier, 1, 2)
