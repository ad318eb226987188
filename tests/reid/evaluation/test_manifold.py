from __future__ import annotations

import numpy as np
import pytest

from crosscam.base.errors import InputError
from reid.evaluation.item_distances import FeatureDistances
from reid.evaluation.manifold import label_matrix, smoothed_manifold_distances, transition_matrix
from reid.evaluation.ranking import evaluate


@pytest.fixture
def features() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(9, 4)).astype(np.float32)


def test_rows_of_the_graph_sum_to_one(features: np.ndarray) -> None:
    matrix = transition_matrix(FeatureDistances(features), 3)
    np.testing.assert_allclose(np.asarray(matrix.sum(axis=1)).ravel(), 1, atol=1e-6)
    assert (np.diff(matrix.indptr) == 4).all()  # itself and three neighbours


def test_labels_join_pairs_of_one_person() -> None:
    expected = [[1, 0, 1, 0], [0, 1, 0, 0], [1, 0, 1, 0], [0, 0, 0, 1]]
    assert label_matrix(4, np.array([5, -1, 5, -1])).toarray().tolist() == expected
    assert label_matrix(2, None).toarray().tolist() == [[1, 0], [0, 1]]


@pytest.mark.parametrize("labels", [None, np.array([1, 1, -1, -1, 2, 2, -1, 2, -1])])
def test_equals_the_closed_form_with_the_kronecker_product(features: np.ndarray, labels: np.ndarray | None) -> None:
    alpha = 0.8
    p = transition_matrix(FeatureDistances(features), 3).toarray().astype(np.float64)
    known = label_matrix(9, labels).toarray().astype(np.float64)
    closed = (1 - alpha) * np.linalg.solve(np.eye(81) - alpha * np.kron(p, p), known.reshape(-1)).reshape(9, 9)
    expected = 1 - closed / closed.max()
    everything = np.arange(9)
    found = smoothed_manifold_distances(features, everything, everything, labels, 3, alpha, iterations=80)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_it_follows_a_curved_manifold() -> None:
    """Two half rings: the far end of the own ring is farther away than the other ring, but connected."""
    rng = np.random.default_rng(0)
    angle = np.linspace(0, np.pi, 60)
    first = np.c_[np.cos(angle), np.sin(angle)]
    second = np.c_[1 - np.cos(angle), 0.4 - np.sin(angle)]
    points = (np.r_[first, second] + 0.03 * rng.normal(size=(120, 2))).astype(np.float32)
    ids = np.repeat([1, 2], 60)
    rows = np.arange(120)
    labels = (ids, np.arange(120), ids, np.arange(120))
    plain = evaluate(np.linalg.norm(points[:, None] - points[None], axis=2), *labels).percent()
    smooth = evaluate(smoothed_manifold_distances(points, rows, rows, neighbours=6, alpha=0.99), *labels).percent()
    assert smooth["mAP"] > plain["mAP"] + 5


def test_wrong_options_are_refused(features: np.ndarray) -> None:
    rows = np.arange(9)
    with pytest.raises(InputError, match="alpha"):
        smoothed_manifold_distances(features, rows, rows, alpha=1.0)
    with pytest.raises(InputError, match="labels for 9 items"):
        smoothed_manifold_distances(features, rows, rows, labels=np.zeros(3))
    with pytest.raises(InputError, match="at most 30000"):
        smoothed_manifold_distances(np.zeros((30001, 1)), rows, rows)
