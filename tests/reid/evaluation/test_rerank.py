from __future__ import annotations

import numpy as np
import pytest

from benchmarks.reid.dense_rerank import dense_rerank
from crosscam.base.errors import InputError
from reid.evaluation.item_distances import FeatureDistances, MatrixDistances
from reid.evaluation.neighbours import nearest, nearest_by_camera, tile_pairs
from reid.evaluation.ranking import evaluate
from reid.evaluation.rerank import RerankOptions, rerank_distances, rerank_features
from reid.evaluation.shortlists import Shortlists


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


def test_small_pieces_are_the_whole_result(monkeypatch: pytest.MonkeyPatch) -> None:
    features, _ = people()
    rows = np.arange(150, 190), np.r_[0:130, 120:150]  # queries behind the gallery; some items answer twice
    cameras = np.arange(200) % 3
    options = RerankOptions(), RerankOptions(own_camera=2)
    whole = [rerank_features(features, *rows, option, cameras) for option in options]
    monkeypatch.setattr("reid.evaluation.neighbours.TILE", 7)
    monkeypatch.setattr("reid.evaluation.rerank.QUERIES", 3)
    monkeypatch.setattr("reid.evaluation.item_distances.PAIR_BYTES", 4 * 24 * 50)
    for option, expected in zip(options, whole, strict=True):
        np.testing.assert_allclose(rerank_features(features, *rows, option, cameras), expected, atol=1e-6)


@pytest.mark.parametrize("size", [1, 6, 7, 8, 50, 56])
def test_every_two_items_meet_once(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reid.evaluation.neighbours.TILE", 7)
    met = np.zeros((size, size), int)
    for rows, columns in tile_pairs(size):
        met[rows, columns] += 1
        assert rows.stop - rows.start <= 7
        if rows != columns:
            met[columns, rows] += 1
    assert (met == 1).all()


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
    assert lists.squared[0].tolist() == pytest.approx([0, 1, 4.41, 81])
    assert lists.row_max[0] == pytest.approx(81)


def test_short_lists_are_filled() -> None:
    lists = nearest_by_camera(FeatureDistances(np.eye(3, dtype=np.float32)), np.array([1, 2, 2]), own=2, other=2)
    assert (lists.order[0, 1:3] == -1).all()
    assert np.isinf(lists.squared[0, 1:3]).all()
    distances = rerank_features(
        np.eye(3, dtype=np.float32), np.arange(3), np.arange(3), RerankOptions(2, 2, own_camera=2), np.array([1, 2, 2])
    )
    assert np.isfinite(distances).all()


@pytest.mark.parametrize("count", [0, 1, 5])
@pytest.mark.parametrize("width", [3, 64, 700])
def test_shortlists_equal_a_stable_sort(count: int, width: int) -> None:
    """Tiles in any order; distances of which many are equal, some infinite and some below 0 by rounding."""
    rng = np.random.default_rng(0)
    tiles = rng.integers(-1, 40, (3, 6, width)).astype(np.float32)
    tiles[tiles == 39] = np.inf
    tiles[tiles == -1] = rng.choice(np.float32([-1e-9, -0.0, 0.0]), int((tiles == -1).sum()))
    lists = Shortlists(8, count)
    for number in (2, 0, 1):
        owners, columns = np.nonzero(tiles[number] <= lists.bounds(slice(1, 7), tiles[number])[:, None])
        lists.offer(slice(1, 7), owners, columns + number * width, tiles[number][owners, columns])
    whole = np.maximum(np.concatenate(tiles, axis=1), 0.0)
    expected = np.full((8, count), -1)
    order = np.argsort(whole, axis=1, kind="stable")[:, :count]
    expected[1:7, : order.shape[1]] = np.where(np.isinf(np.take_along_axis(whole, order, axis=1)), -1, order)
    np.testing.assert_array_equal(lists.order(), expected)


def test_bounds_leave_little_of_a_tile() -> None:
    tile = np.random.default_rng(0).random((20, 1024), dtype=np.float32)
    lists = Shortlists(20, 5)
    near = tile <= lists.bounds(slice(0, 20), tile)[:, None]
    assert near.sum(axis=1).min() >= 5
    assert near.mean() < 0.02
    lists.offer(slice(0, 20), *np.nonzero(near), tile[near])
    assert ((tile <= lists.bounds(slice(0, 20), tile)[:, None]).sum(axis=1) == 5).all()


def test_features_and_their_distance_matrix_give_the_same_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    """Points on a grid: many equal distances, all exact in float32; among equal ones the earlier item comes first."""
    points = np.random.default_rng(0).integers(0, 4, (120, 3)).astype(np.float32)
    squared = ((points[:, None] - points[None]) ** 2).sum(axis=2)
    monkeypatch.setattr("reid.evaluation.neighbours.TILE", 11)
    from_points, from_matrix = nearest(FeatureDistances(points), 9), nearest(MatrixDistances(squared, squared=True), 9)
    np.fill_diagonal(squared, -1)
    expected = np.argsort(squared, axis=1, kind="stable")[:, :10]
    np.testing.assert_array_equal(from_points.order, expected)
    np.testing.assert_array_equal(from_matrix.order, expected)
    np.testing.assert_array_equal(from_points.row_max, squared.max(axis=1))
    np.testing.assert_array_equal(from_matrix.row_max, squared.max(axis=1))


def test_identical_items_and_fewer_items_than_neighbours() -> None:
    same = np.ones((6, 3), np.float32)
    assert np.isfinite(rerank_features(same, np.arange(3), np.arange(3, 6))).all()
    assert nearest(FeatureDistances(np.eye(3, dtype=np.float32)), 20).order.shape == (3, 3)
    assert rerank_features(np.zeros((0, 3)), np.arange(0), np.arange(0)).shape == (0, 0)


@pytest.mark.parametrize("options", [{"k1": 0}, {"k2": 0}, {"original": 2.0}, {"own_camera": -1}])
def test_options_outside_their_range(options: dict[str, int]) -> None:
    with pytest.raises(InputError):
        RerankOptions(**options)  # type: ignore[arg-type]


def test_wrong_input_is_refused() -> None:
    rows = np.arange(2), np.arange(2)
    with pytest.raises(InputError, match="square matrix"):
        rerank_distances(np.zeros((2, 3)), *rows, squared=True)
    with pytest.raises(InputError, match="finite"):
        rerank_distances(np.array([[0, np.nan], [np.nan, 0]]), *rows, squared=True)
    with pytest.raises(InputError, match="not negative"):
        rerank_distances(-np.ones((2, 2)), *rows, squared=True)
    for wrong in (np.array([0, 2]), np.array([-1]), np.eye(2)):
        with pytest.raises(InputError, match="rows from 0 to 1"):
            rerank_features(np.eye(2), rows[0], wrong)
    with pytest.raises(InputError, match="camera of every item"):
        rerank_features(np.eye(2), *rows, RerankOptions(own_camera=2))
    with pytest.raises(InputError, match="camera ids for 2 items"):
        rerank_features(np.eye(2), *rows, RerankOptions(own_camera=2), np.arange(3))
