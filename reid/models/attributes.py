"""An attribute head on embeddings: named attributes of a person, and a vector that complements the embedding."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from crosscam.base.errors import TrainingError
from crosscam.base.vectors import unit_rows
from reid.losses.attributes import WeightedAttributeLoss


class AttributeHead(nn.Module):
    """One linear logit per attribute on a (frozen or trained) embedding.

    Schumann and Stiefelhagen, CVPRW 2017, train the attribute classifier apart from identities; so does `fit`.

    Args:
        dimension: Of the embedding.
        names: Attribute names, A of them.
    """

    def __init__(self, dimension: int, names: Sequence[str]) -> None:
        super().__init__()
        if not names or len(set(names)) != len(names):
            raise ValueError("attribute names must be given and differ from one another")
        self.names = tuple(names)
        self.linear = nn.Linear(dimension, len(names))

    def forward(self, embeddings: Tensor) -> Tensor:
        """Logits (N, A) from embeddings (N, D)."""
        return self.linear(embeddings)

    @torch.no_grad()
    def predict(self, embeddings: np.ndarray) -> np.ndarray:
        """Probabilities, float32 (N, A), from embeddings, float32 (N, D)."""
        return torch.sigmoid(self(torch.from_numpy(np.ascontiguousarray(embeddings, dtype=np.float32)))).numpy()

    def describe(self, probabilities: np.ndarray, threshold: float = 0.5) -> list[str]:
        """Names of the attributes of one person (A,) above the threshold, the surest first."""
        order = np.argsort(-probabilities, kind="stable")
        return [self.names[i] for i in order if probabilities[i] > threshold]


def fit(
    head: AttributeHead, embeddings: np.ndarray, labels: np.ndarray, steps: int = 300, rate: float = 0.05, seed: int = 0
) -> float:
    """Train the head on fixed embeddings with the weighted cross entropy; returns the last loss.

    Args:
        head: Changed in place.
        embeddings: Unit vectors, float32 (N, D).
        labels: 0, 1 or -1 for unknown, (N, A).
        steps: Full-batch Adam steps.
        rate: Learning rate.
        seed: Of the initial weights.

    Raises:
        TrainingError: Shapes disagree, or an attribute is unknown for everybody.
    """
    if labels.shape != (len(embeddings), len(head.names)):
        raise TrainingError(f"expected labels of shape {(len(embeddings), len(head.names))}, got {labels.shape}")
    known = labels >= 0
    if not known.any(axis=0).all():
        missing = head.names[int(np.flatnonzero(~known.any(axis=0))[0])]
        raise TrainingError(f"nobody has a label for attribute '{missing}'")
    frequencies = (np.where(known, labels, 0).sum(axis=0) / known.sum(axis=0)).astype(np.float32)
    loss_of = WeightedAttributeLoss(torch.from_numpy(frequencies))
    inputs, targets = torch.from_numpy(np.asarray(embeddings, dtype=np.float32)), torch.from_numpy(labels)
    generator = torch.Generator().manual_seed(seed)
    nn.init.normal_(head.linear.weight, std=0.01, generator=generator)
    nn.init.zeros_(head.linear.bias)
    optimiser = torch.optim.Adam(head.parameters(), lr=rate, weight_decay=1e-4)
    loss = torch.zeros(())
    for _ in range(steps):
        optimiser.zero_grad()
        loss = loss_of(head(inputs), targets)
        loss.backward()
        optimiser.step()
    return float(loss.item())


def join_attributes(embeddings: np.ndarray, probabilities: np.ndarray, weight: float = 0.2) -> np.ndarray:
    """Embedding and attribute vector side by side as one unit vector, float32 (N, D + A).

    Args:
        embeddings: Unit vectors (N, D).
        probabilities: (N, A); centred at 0.5 and scaled to unit length before weighting.
        weight: Share of the squared length that the attributes get, in [0, 1].
    """
    centred = unit_rows(np.asarray(probabilities, dtype=np.float32) - 0.5)
    return unit_rows(np.concatenate([np.sqrt(1 - weight) * embeddings, np.sqrt(weight) * centred], axis=1))
