"""Supervised smoothed manifold: similarity that spreads along the neighbourhood graph."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from crosscam.base.errors import InputError
from reid.evaluation.item_distances import FeatureDistances, SquaredDistances
from reid.evaluation.neighbours import nearest

MAX_ITEMS = 30_000  # two dense float32 matrices of this size take 7 GB


def smoothed_manifold_distances(
    features: np.ndarray,
    query_rows: np.ndarray,
    gallery_rows: np.ndarray,
    labels: np.ndarray | None = None,
    neighbours: int = 15,
    alpha: float = 0.95,
    iterations: int = 30,
) -> np.ndarray:
    """Distances from smoothed similarities `Q <- alpha P Q P' + (1 - alpha) L`.

    Bai, Bai, Tian, Scalable Person Re-identification on Supervised Smoothed Manifold, CVPR 2017. P is the
    row-stochastic affinity of the neighbour graph; L is 1 on the diagonal and for pairs of one labelled person. The
    paper's Kronecker product is never formed, but Q is dense: memory is 8 N^2 bytes.

    Args:
        features: All items that take part (training items too if labels are given), float32 (N, D).
        query_rows: int (Q,).
        gallery_rows: int (G,).
        labels: Known persons, int (N,), -1 where unknown; None: nothing is known, smoothing is unsupervised.
        neighbours: Edges of each item of the graph.
        alpha: How far similarity spreads, in (0, 1).
        iterations: 20 to 50 converge.

    Returns:
        `1 - Q / max Q` over the block, float32 (Q, G), in [0, 1].

    Raises:
        InputError: More than 30,000 items, or options outside their range.
    """
    size = len(features)
    if size > MAX_ITEMS:
        raise InputError(f"the smoothed manifold takes at most {MAX_ITEMS} items, got {size}; use re-ranking")
    if not 0.0 < alpha < 1.0 or iterations < 1 or neighbours < 1:
        raise InputError(f"expected 0 < alpha < 1 and positive counts, got {alpha}, {iterations}, {neighbours}")
    if labels is not None and np.shape(labels) != (size,):
        raise InputError(f"got {np.shape(labels)} labels for {size} items")
    transition = transition_matrix(FeatureDistances(features), neighbours)
    known = label_matrix(size, labels)
    smooth = known.toarray()
    for _ in range(iterations):
        # P Q P' as two sparse products; Q is symmetric, so (P Q)' = Q P'.
        smooth = transition @ (transition @ smooth).T
        smooth *= alpha
        smooth = np.asarray(smooth + (1.0 - alpha) * known, dtype=np.float32)
    block = smooth[np.ix_(np.asarray(query_rows), np.asarray(gallery_rows))]
    return 1.0 - block / max(float(block.max(initial=0.0)), 1e-12)


def transition_matrix(distances: SquaredDistances, neighbours: int) -> sparse.csr_matrix:
    """Row-stochastic affinity `exp(-d^2 / sigma_i sigma_j)` on the neighbour graph, itself included, float32 (N, N).

    The scale of an item is its distance to its farthest listed neighbour, so no parameter depends on the embedding.
    """
    lists = nearest(distances, neighbours)
    scale = np.sqrt(np.maximum(lists.squared[:, -1], 1e-12))
    weights = np.exp(-lists.squared / (scale[:, None] * scale[lists.order]))  # (N, K)
    rows = np.repeat(np.arange(len(scale)), weights.shape[1])
    matrix = sparse.csr_matrix((weights.ravel(), (rows, lists.order.ravel())), (len(scale), len(scale)))
    totals = np.asarray(matrix.sum(axis=1)).ravel()
    matrix.data /= np.repeat(totals, np.diff(matrix.indptr))
    return matrix


def label_matrix(size: int, labels: np.ndarray | None) -> sparse.csr_matrix:
    """1 for an item with itself and for pairs of one known person, float32 (N, N)."""
    identity = sparse.identity(size, dtype=np.float32, format="csr")
    if labels is None:
        return identity
    known = np.flatnonzero(np.asarray(labels) >= 0)
    _, person = np.unique(np.asarray(labels)[known], return_inverse=True)
    ones = np.ones(len(known), dtype=np.float32)
    members = sparse.csr_matrix((ones, (known, person)), (size, int(person.max(initial=-1)) + 1))
    return identity.maximum(members @ members.T).tocsr()
