"""Embedding of samples, reports, splits and pictures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from crosscam.base.errors import DatasetError, InputError
from reid.data import DATASETS, ReidDataset, Sample
from reid.evaluation.embedding import embed_samples, evenly_spaced
from reid.evaluation.pictures import choose_queries, draw_frame_weights, draw_ranked_lists, rank_answers
from reid.evaluation.report import ReportOptions, Retrieval, average_splits, pooled_queries, score
from reid.evaluation.run import EmbeddingOptions, evaluate_splits, read_splits


class LastFrame:
    """An encoder that looks at the last frame only."""

    def encode(self, frames: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        weights = np.zeros(len(frames))
        weights[-1] = 1.0
        return weights @ frames, weights


def report(root: Path, embedder: Any, **options: Any) -> dict[str, Any]:
    datasets = read_splits("tracklets", root, None, {})
    return evaluate_splits(datasets, embedder, EmbeddingOptions(), ReportOptions(**options))


def test_a_report_counts_what_it_was_measured_on(tracklet_root: Path, embedder: Any) -> None:
    found = report(tracklet_root, embedder)
    assert found["mAP"] == found["rank1"] == found["mINP"] == 100.0
    assert (found["valid_queries"], found["queries"], found["gallery"], found["identities"]) == (12, 13, 13, 6)
    assert found["queries_without_answer"] == ["person 9, camera 1, 0009C1T0001/00.jpg"]
    assert found["ci95"]["mAP"] == [100.0, 100.0]
    assert found["mAP_trapezoid"] == 100.0
    assert embedder.seen == 39  # each image once although every tracklet both asks and answers
    json.dumps(found)


def test_rerank_and_manifold_stand_beside_the_plain_scores(tracklet_root: Path, embedder: Any) -> None:
    plain = report(tracklet_root, embedder)
    found = report(tracklet_root, embedder, rerank=True, manifold=True)
    assert found["mAP"] == plain["mAP"]
    assert found["rerank"]["k1"] == 20
    assert found["rerank"]["uses_cameras"] is False
    assert 0 < found["manifold"]["mAP"] <= 100


def test_damaged_images_are_skipped_and_counted(tracklet_root: Path, embedder: Any) -> None:
    (tracklet_root / "0001C1T0001" / "01.jpg").write_bytes(b"\xff\xd8 not a picture")
    for frame in range(3):
        (tracklet_root / "0002C1T0001" / f"{frame:02d}.jpg").write_bytes(b"")
    found = report(tracklet_root, embedder)
    assert len(found["unreadable_images"]) == 4
    assert found["gallery"] == 12
    assert found["valid_queries"] == 10  # person 2 is left in one camera only


def test_a_data_set_without_one_readable_image_is_an_error(tmp_path: Path, embedder: Any) -> None:
    folder = tmp_path / "0001C1T0001"
    folder.mkdir()
    (folder / "0.jpg").write_bytes(b"")
    with pytest.raises(DatasetError, match="none of the 1 images can be read"):
        report(tmp_path, embedder)


def test_poolings(tracklet_root: Path, embedder: Any) -> None:
    samples = DATASETS["tracklets"].read(tracklet_root).query[:2]
    frames = embed_samples(embedder, [Sample((path,), 1, 1) for path in samples[0].paths]).embeddings
    for pooling, expected in (("mean", frames.mean(0)), ("max", frames.max(0)), ("encoder", frames[-1])):
        found = embed_samples(embedder, samples, pooling, encoder=LastFrame())
        np.testing.assert_allclose(found.embeddings[0], expected / np.linalg.norm(expected), atol=1e-6)
        assert found.frames_used.tolist() == [3, 3]
        assert (found.frame_weights is not None) == (pooling == "encoder")
    assert embed_samples(embedder, samples, max_frames=1).frames_used.tolist() == [1, 1]
    flipped = embed_samples(embedder, samples, flip=True)
    np.testing.assert_allclose(np.linalg.norm(flipped.embeddings, axis=1), 1, atol=1e-6)
    with pytest.raises(InputError, match="unknown pooling 'median'"):
        embed_samples(embedder, samples, "median")
    with pytest.raises(InputError, match="needs weights with a tracklet encoder"):
        embed_samples(embedder, samples, "encoder")


def test_the_same_sample_twice_is_refused(tracklet_root: Path, embedder: Any) -> None:
    sample = DATASETS["tracklets"].read(tracklet_root).query[0]
    with pytest.raises(DatasetError, match="listed twice"):
        embed_samples(embedder, [sample, sample])


def test_a_model_that_gives_nan_is_named(tracklet_root: Path, embedder: Any) -> None:
    embedder.embed = lambda crops: np.full((len(crops), 3), np.nan, np.float32)
    with pytest.raises(InputError, match="'mean-colour' gives embeddings that are not finite"):
        report(tracklet_root, embedder)


def test_evenly_spaced_frames_are_segment_centres() -> None:
    paths = [Path(str(i)) for i in range(8)]
    assert [int(p.name) for p in evenly_spaced(paths, 1)] == [4]
    assert [int(p.name) for p in evenly_spaced(paths, 4)] == [1, 3, 5, 7]
    assert evenly_spaced(paths, 20) == evenly_spaced(paths, None) == paths


def test_multi_query_pools_what_evaluation_ignores() -> None:
    """Two views of person 1 in camera 1: the second one stands in the gallery and is pooled into the query."""
    samples = [Sample((Path(f"{i}.jpg"),), p, c) for i, (p, c) in enumerate([(1, 1), (1, 1), (1, 2), (2, 2)])]
    embeddings = np.array([[1, 0], [0, 1], [0.6, 0.8], [0.9, 0.1]], np.float32)
    retrieval = Retrieval(samples[:1], samples[1:], np.array([0]), np.array([1, 2, 3]), embeddings)
    np.testing.assert_allclose(pooled_queries(retrieval)[0], np.full(2, np.sqrt(0.5)), atol=1e-6)
    assert score(retrieval, ReportOptions())[0]["rank1"] == 0.0
    assert score(retrieval, ReportOptions(multi_query=True))[0]["rank1"] == 100.0


def test_splits_are_averaged_with_their_spread() -> None:
    split = {"mAP": 50.0, "rank1": 40.0, "rank5": 1.0, "rank10": 1.0, "rank20": 1.0, "mINP": 1.0}
    reports = [{**split, "ap": "rectangle", "valid_queries": 89}, {**split, "ap": "rectangle", "valid_queries": 89}]
    reports[1]["mAP"] = 54.0
    found = average_splits(reports)
    assert found["mAP"] == 52.0
    assert found["spread"]["mAP"] == pytest.approx(np.std([50, 54], ddof=1))
    assert found["valid_queries"] == 178
    assert len(found["splits"]) == 2


def test_two_splits_embed_each_tracklet_once(tmp_path: Path, embedder: Any) -> None:
    for camera in "ab":
        for person in range(1, 5):
            folder = tmp_path / f"multi_shot/cam_{camera}/person_{person:04d}"
            folder.mkdir(parents=True)
            colour = np.random.default_rng(person).integers(0, 255, 3, dtype=np.uint8)
            assert cv2.imwrite(str(folder / "0001.png"), np.full((8, 4, 3), colour, np.uint8))
    names = [f"person_{p:04d}" for p in range(1, 5)]
    splits = [{"train": names[:2], "test": names[2:]}, {"train": names[2:], "test": names[:2]}]
    (tmp_path / "splits_prid2011.json").write_text(json.dumps(splits * 5))
    found = evaluate_splits(read_splits("prid2011", tmp_path, None, {}), embedder, EmbeddingOptions(), ReportOptions())
    assert found["protocol"] == "mean over 10 splits: official splits"
    assert found["rank1"] == 100.0
    assert embedder.seen == 8
    single = evaluate_splits(read_splits("prid2011", tmp_path, 3, {}), embedder, EmbeddingOptions(), ReportOptions())
    assert single["protocol"] == "official splits, split 3 of 10"


def mars_like(tmp_path: Path) -> ReidDataset:
    samples = []
    for i, (person, camera) in enumerate([(1, 1), (1, 2), (2, 1), (2, 2), (0, 1), (3, 1), (3, 2)]):
        path = tmp_path / f"{i}.png"
        assert cv2.imwrite(str(path), np.full((8, 4, 3), (40 * person, 90, 200 - 20 * person), np.uint8))
        samples.append(Sample((path,), person, camera, i))
    queries = (samples[0], samples[1], samples[2])
    return ReidDataset("mars", (), queries, tuple(samples), "gallery 11310")


def test_mars_reports_its_three_galleries(tmp_path: Path, embedder: Any) -> None:
    found = evaluate_splits([mars_like(tmp_path)], embedder, EmbeddingOptions(), ReportOptions())
    assert found["valid_queries"] == 3
    assert found["galleries"]["12180"] == found["galleries"]["11310"]
    # Without the queries, person 1 has no tracklet left to be found: two queries lose their only answers.
    assert found["galleries"]["9330"]["valid_queries"] == 1
    assert found["galleries"]["9330"]["gallery"] == 4


def test_unknown_data_set_option_and_split_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="unknown data set 'market'; available: market1501"):
        read_splits("market", tmp_path, None, {})
    with pytest.raises(DatasetError, match="'mars' has no option 'boxes'; available: gallery"):
        read_splits("mars", tmp_path, None, {"boxes": 1})
    with pytest.raises(DatasetError, match="has one split"):
        read_splits("mars", tmp_path, 0, {})


def test_pictures_mark_right_and_wrong(tracklet_root: Path, embedder: Any) -> None:
    dataset = DATASETS["tracklets"].read(tracklet_root)
    embedded = embed_samples(embedder, dataset.query)
    entry = rank_answers(dataset.query[0], embedded.embeddings[0], dataset.gallery, embedded.embeddings, 1.0, k=3)
    assert entry.answers[0].person_id == 1
    assert entry.answers[0].camera_id == 2  # itself, same person and camera, is left out
    sheet = draw_ranked_lists([entry])
    assert sheet.shape[1] == 4 * (64 + 8)
    green, red, blue = (60, 170, 60), (60, 60, 220), (200, 120, 40)
    assert [tuple(sheet[20, 72 * i + 2].tolist()) for i in range(4)] == [blue, green, red, red]


def test_frame_weights_picture(tracklet_root: Path) -> None:
    sample = DATASETS["tracklets"].read(tracklet_root).query[0]
    sheet = draw_frame_weights([sample], [np.array([0.0, 0.2, 0.8])])
    assert sheet.shape[1] == 3 * 72


def test_chosen_queries_are_the_worst_and_a_spread() -> None:
    valid = np.array([True, False, True, True, True])
    chosen = choose_queries(valid, np.array([0.9, 0.1, 0.5, 0.7]), 3)
    assert chosen == [(2, 0.1), (3, 0.5), (4, 0.7)]
