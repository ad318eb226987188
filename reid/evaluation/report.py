"""Scores of a data set as its users publish them: protocol named, valid queries counted, intervals, splits averaged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from crosscam.base.vectors import unit_rows
from reid.data.samples import ReidDataset, Sample
from reid.evaluation.bootstrap import bootstrap_interval
from reid.evaluation.embedding import EmbeddedSamples
from reid.evaluation.manifold import smoothed_manifold_distances
from reid.evaluation.ranking import RankingResult, evaluate, evaluate_embeddings
from reid.evaluation.rerank import RerankOptions, rerank_features

SCORES = ("mAP", "rank1", "rank5", "rank10", "rank20", "mINP")


@dataclass(frozen=True)
class ReportOptions:
    """What to compute beside the plain scores.

    Attributes:
        ap: "rectangle" or "trapezoid" for the headline mAP; the other one is reported too.
        rerank: Also score k-reciprocal re-ranking, under the key "rerank"; it never replaces the plain scores.
        rerank_options: Its parameters.
        manifold: Also score the smoothed manifold, under the key "manifold".
        multi_query: Average the embeddings of all the samples of the query's person in the query's camera.
    """

    ap: str = "rectangle"
    rerank: bool = False
    rerank_options: RerankOptions = field(default_factory=RerankOptions)
    manifold: bool = False
    multi_query: bool = False


@dataclass(frozen=True, eq=False)
class Retrieval:
    """One query part against one gallery part, as arrays.

    Attributes:
        query: Samples that ask, Q of them.
        gallery: Samples that may answer, G of them.
        query_rows: Rows of the embeddings, int64 (Q,).
        gallery_rows: Rows of the embeddings, int64 (G,).
        embeddings: Unit vectors, float32 (N, D).
    """

    query: list[Sample]
    gallery: list[Sample]
    query_rows: np.ndarray
    gallery_rows: np.ndarray
    embeddings: np.ndarray

    @staticmethod
    def of(dataset: ReidDataset, embedded: EmbeddedSamples) -> Retrieval:
        """The parts of a data set, without the samples that could not be read."""
        query, query_rows = embedded.rows_of(dataset.query)
        gallery, gallery_rows = embedded.rows_of(dataset.gallery)
        return Retrieval(query, gallery, query_rows, gallery_rows, embedded.embeddings)

    def labels(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Query persons and cameras, gallery persons and cameras, int64."""
        return (*persons_and_cameras(self.query), *persons_and_cameras(self.gallery))

    def without_queries(self) -> Retrieval:
        """The gallery without the samples that ask."""
        asking = set(self.query)
        keep = [i for i, sample in enumerate(self.gallery) if sample not in asking]
        rows = self.gallery_rows[keep]
        return Retrieval(self.query, [self.gallery[i] for i in keep], self.query_rows, rows, self.embeddings)


def persons_and_cameras(samples: Sequence[Sample]) -> tuple[np.ndarray, np.ndarray]:
    """int64 (N,) each."""
    return (
        np.array([sample.person_id for sample in samples], dtype=np.int64),
        np.array([sample.camera_id for sample in samples], dtype=np.int64),
    )


def pooled_queries(retrieval: Retrieval) -> np.ndarray:
    """Mean embedding of each query's person in the query's camera, unit vectors (Q, D).

    The samples added are exactly those that evaluation ignores for this query, so no answer leaks into the question.
    """
    members: dict[tuple[int, int], set[int]] = defaultdict(set)
    samples = [*retrieval.query, *retrieval.gallery]
    for sample, row in zip(samples, [*retrieval.query_rows, *retrieval.gallery_rows], strict=True):
        members[sample.person_id, sample.camera_id].add(int(row))
    means = [
        retrieval.embeddings[sorted(members[sample.person_id, sample.camera_id])].mean(axis=0)
        for sample in retrieval.query
    ]
    return unit_rows(np.stack(means))


def score(retrieval: Retrieval, options: ReportOptions) -> tuple[dict[str, Any], RankingResult]:
    """Scores in percent with intervals and counts, and the ranking behind them."""
    labels = retrieval.labels()
    queries = pooled_queries(retrieval) if options.multi_query else retrieval.embeddings[retrieval.query_rows]
    gallery = retrieval.embeddings[retrieval.gallery_rows]
    result = evaluate_embeddings(queries, gallery, *labels, ap=options.ap)
    other = "trapezoid" if options.ap == "rectangle" else "rectangle"
    second = evaluate_embeddings(queries, gallery, *labels, ap=other)
    report: dict[str, Any] = {
        **result.percent(),
        "ap": options.ap,
        f"mAP_{other}": second.percent()["mAP"],
        "valid_queries": int(result.valid.sum()),
        "queries": len(retrieval.query),
        "queries_without_answer": [describe(q) for q, ok in zip(retrieval.query, result.valid, strict=True) if not ok],
        "gallery": len(retrieval.gallery),
        "identities": len(np.unique(labels[0][result.valid])),
        "ci95": intervals(result, labels[0][result.valid]),
    }
    if options.rerank:
        report["rerank"] = _rescore(retrieval, options, "rerank")
    if options.manifold:
        report["manifold"] = _rescore(retrieval, options, "manifold")
    return report, result


def intervals(result: RankingResult, persons: np.ndarray) -> dict[str, list[float]]:
    """95 % bootstrap intervals over query identities, in percent."""
    values = {
        "mAP": result.average_precisions,
        "rank1": (result.first_ranks <= 1).astype(float),
        "mINP": result.inverse_penalties,
    }
    return {name: [100.0 * bound for bound in bootstrap_interval(v, persons)] for name, v in values.items()}


def describe(sample: Sample) -> str:
    """A sample in a few words: person, camera and its first file's folder and name."""
    first = sample.paths[0]
    return f"person {sample.person_id}, camera {sample.camera_id}, {first.parent.name}/{first.name}"


def _rescore(retrieval: Retrieval, options: ReportOptions, method: str) -> dict[str, Any]:
    """Scores after re-ranking over the distinct samples: one that both asks and answers is one item of the graph."""
    rows, index = np.unique(np.concatenate([retrieval.query_rows, retrieval.gallery_rows]), return_inverse=True)
    query, gallery = index[: len(retrieval.query_rows)], index[len(retrieval.query_rows) :]
    items = retrieval.embeddings[rows]
    if method == "manifold":
        return evaluate(smoothed_manifold_distances(items, query, gallery), *retrieval.labels(), options.ap).percent()
    chosen = options.rerank_options
    cameras = None
    if chosen.is_camera_aware:
        cameras = np.zeros(len(rows), dtype=np.int64)
        _, cameras[query], _, cameras[gallery] = retrieval.labels()
    distances = rerank_features(items, query, gallery, chosen, cameras)
    # Published scores use no camera numbers at test time, so their use is said.
    used = {"k1": chosen.k1, "k2": chosen.k2, "original": chosen.original, "uses_cameras": chosen.is_camera_aware}
    return {**evaluate(distances, *retrieval.labels(), options.ap).percent(), **used}


def average_splits(reports: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Mean over splits, with their spread (sample standard deviation) and the single splits."""
    table = np.array([[report[name] for name in SCORES] for report in reports])
    spread = table.std(axis=0, ddof=1) if len(reports) > 1 else np.zeros(len(SCORES))
    return {
        **dict(zip(SCORES, table.mean(axis=0).tolist(), strict=True)),
        "spread": dict(zip(SCORES, spread.tolist(), strict=True)),
        "ap": reports[0]["ap"],
        "valid_queries": sum(report["valid_queries"] for report in reports),
        "splits": list(reports),
    }
