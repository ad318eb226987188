from __future__ import annotations

import numpy as np
import pytest

from benchmarks.dense_rerank import dense_rerank
from reid.errors import ReidError
from reid.evaluation.neighbours import FeatureDistances, MatrixDistances, nearest, nearest_by_camera
from reid.evaluation.ranking import evaluate
from reid.evaluation.rerank import RerankOptions, rerank_blocks, rerank_distances, rerank_features
from reid.evaluation.smallest import smallest


def people(seed: int = 0, persons: int = 25, each: int = 8, spread: float = 0.6) -> tuple[np.ndarray, np.ndarray]:
    """Clustered unit embeddings (N, 24) and their persons (N,), shuffled."""
    rng = np.random.default_rng(seed)
    ids = rng.permutation(np.repeat(np.arange(persons), each))
    features = rng.normal(size=(persons, 24))[ids] + spread * rng.normal(size=(len(ids), 24))
    return (features / np.linalg.norm(features, axis=1, keepdims=True)).astype(np.float32), ids


def squared_distances(features: np.ndarray) -> np.ndarray:
    difference = features[:, None].astype(np.float64) - features[None]
    return (difference**2).sum(axis=2)


@pytest.mark.parametrize(
    ("k1", "k2", "original"), [(20, 6, 0.3), (25, 6, 0.3), (27, 3, 0.0), (10, 1, 0.3), (5, 2, 0.5), (60, 6, 0.3)]
)
@pytest.mark.parametrize("spread", [0.3, 1.0])
def test_equals_the_dense_reference(k1: int, k2: int, original: float, spread: float) -> None:
    features, _ = people(spread=spread)
    squared = squared_distances(features)
    expected = dense_rerank(squared, 40, k1, k2, original)
    options = RerankOptions(k1, k2, original)
    rows = np.arange(40), np.arange(40, 200)
    np.testing.assert_allclose(rerank_features(features, *rows, options), expected, atol=1e-5)
    np.testing.assert_allclose(rerank_distances(squared, *rows, squared=True, options=options), expected, atol=1e-5)
    plain = rerank_distances(np.sqrt(squared), *rows, squared=False, options=options)
    np.testing.assert_allclose(plain, expected, atol=1e-5)


def test_squaring_twice_is_another_result() -> None:
    features, _ = people()
    squared, rows = squared_distances(features), (np.arange(40), np.arange(40, 200))
    once = rerank_distances(squared, *rows, squared=True)
    twice = rerank_distances(squared, *rows, squared=False)
    assert np.abs(once - twice).max() > 0.01


def test_it_finds_more_of_a_person_than_the_plain_distance() -> None:
    features, ids = people(spread=1.1)
    queries, gallery = np.arange(40), np.arange(40, 200)
    labels = (ids[:40], np.zeros(40, int), ids[40:], np.ones(160, int))
    plain = evaluate(squared_distances(features)[:40, 40:], *labels).percent()
    better = evaluate(rerank_features(features, queries, gallery, RerankOptions(k1=8, k2=3)), *labels).percent()
    assert better["mAP"] > plain["mAP"] + 2


def test_an_item_may_ask_and_answer() -> None:
    features, _ = people()
    everything = np.arange(200)
    whole = rerank_features(features, everything, everything)
    part = rerank_features(features, np.array([7, 3]), np.array([3, 150, 7]))
    np.testing.assert_allclose(part, whole[[7, 3]][:, [3, 150, 7]], atol=1e-6)
    assert np.diag(whole).max() < 1e-5
    assert whole.min() >= -1e-6
    assert whole.max() <= 1 + 1e-6


def test_blocks_are_the_whole_result(monkeypatch: pytest.MonkeyPatch) -> None:
    features, _ = people()
    rows = np.arange(40), np.arange(40, 200)
    whole = rerank_features(features, *rows)
    monkeypatch.setattr("reid.evaluation.neighbours.BLOCK_BYTES", 4 * 200 * 7)
    monkeypatch.setattr("reid.evaluation.neighbours.PAIR_BYTES", 4 * 24 * 50)
    blocks = list(rerank_blocks(FeatureDistances(features), *rows))
    assert len(blocks) > 3
    np.testing.assert_allclose(np.concatenate(blocks), whole, atol=1e-6)


def test_camera_aware_lists_cross_a_camera_offset() -> None:
    """Each camera moves all its embeddings; plain lists then stay inside one camera."""
    features, ids = people(seed=2, persons=30, each=8, spread=0.5)
    rng = np.random.default_rng(0)
    cameras = np.tile(np.arange(4), len(ids) // 4)
    features = features + 0.35 * rng.normal(size=(4, 24))[cameras]
    features = (features / np.linalg.norm(features, axis=1, keepdims=True)).astype(np.float32)
    queries, gallery = np.arange(60), np.arange(60, 240)
    labels = (ids[:60], cameras[:60], ids[60:], cameras[60:])
    scores: dict[int | None, float] = {}
    for own in (None, 0, 2):
        options = RerankOptions(k1=6, k2=3, own_camera=own)
        scores[own] = evaluate(rerank_features(features, queries, gallery, options, cameras), *labels).percent()["mAP"]
    assert scores[2] > scores[None]
    assert scores[0] > scores[None]


def test_camera_aware_lists_by_hand() -> None:
    features = np.array([[0.0], [1.0], [2.1], [3.3], [9.0]], np.float32)
    lists = nearest_by_camera(FeatureDistances(features), np.array([1, 1, 2, 1, 2]), own=1, other=2)
    assert lists.order.tolist() == [[0, 1, 2, 4], [1, 0, 2, 4], [2, 4, 1, 3], [3, 1, 2, 4], [4, 2, 3, 1]]
    assert lists.row_max[0] == pytest.approx(81)


def test_short_lists_are_filled() -> None:
    lists = nearest_by_camera(FeatureDistances(np.eye(3, dtype=np.float32)), np.array([1, 2, 2]), own=2, other=2)
    assert (lists.order[0, 1:3] == -1).all()
    distances = rerank_features(
        np.eye(3, dtype=np.float32), np.arange(3), np.arange(3), RerankOptions(2, 2, own_camera=2), np.array([1, 2, 2])
    )
    assert np.isfinite(distances).all()


def test_smallest_equals_a_stable_sort() -> None:
    rng = np.random.default_rng(0)
    for columns in (5, 64, 700):
        block = rng.integers(0, 40, (6, columns)).astype(np.float32)
        expected = np.argsort(block, axis=1, kind="stable")[:, :5]
        np.testing.assert_array_equal(smallest(block, 5), expected)


def test_features_and_their_distance_matrix_give_the_same_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    """Points on a grid: many equal distances, all exact in float32."""
    points = np.random.default_rng(0).integers(0, 4, (120, 3)).astype(np.float32)
    squared = ((points[:, None] - points[None]) ** 2).sum(axis=2)
    monkeypatch.setattr("reid.evaluation.neighbours.BLOCK_BYTES", 4 * 120 * 11)
    half, whole = nearest(FeatureDistances(points), 9), nearest(MatrixDistances(squared, squared=True), 9)
    np.testing.assert_array_equal(half.order, whole.order)
    np.testing.assert_array_equal(half.row_max, whole.row_max)


def test_identical_items_and_fewer_items_than_neighbours() -> None:
    same = np.ones((6, 3), np.float32)
    assert np.isfinite(rerank_features(same, np.arange(3), np.arange(3, 6))).all()
    assert nearest(FeatureDistances(np.eye(3, dtype=np.float32)), 20).order.shape == (3, 3)


@pytest.mark.parametrize("options", [{"k1": 0}, {"k2": 0}, {"original": 2.0}, {"own_camera": -1}])
def test_options_outside_their_range(options: dict[str, int]) -> None:
    with pytest.raises(ReidError):
        RerankOptions(**options)  # type: ignore[arg-type]


def test_wrong_input_is_refused() -> None:
    rows = np.arange(2), np.arange(2)
    with pytest.raises(ReidError, match="square matrix"):
        rerank_distances(np.zeros((2, 3)), *rows, squared=True)
    with pytest.raises(ReidError, match="finite"):
        rerank_distances(np.array([[0, np.nan], [np.nan, 0]]), *rows, squared=True)
    with pytest.raises(ReidError, match="not negative"):
        rerank_distances(-np.ones((2, 2)), *rows, squared=True)
    with pytest.raises(ReidError, match="camera of every item"):
        rerank_features(np.eye(2), *rows, RerankOptions(own_camera=2))
    with pytest.raises(ReidError, match="camera ids for 2 items"):
        rerank_features(np.eye(2), *rows, RerankOptions(own_camera=2), np.arange(3))
