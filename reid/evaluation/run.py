"""Evaluate an embedder on a data set: read the splits, embed every sample once, score, average."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from crosscam.base.errors import DatasetError
from reid.data import DATASETS, ReidDataset, Sample
from reid.evaluation.embedding import EmbeddedSamples, FrameEmbedder, TrackletEncoder, embed_samples
from reid.evaluation.pictures import (
    choose_queries,
    draw_frame_weights,
    draw_ranked_lists,
    rank_answers,
    write_picture,
)
from reid.evaluation.ranking import RankingResult
from reid.evaluation.report import ReportOptions, Retrieval, average_splits, score


@dataclass(frozen=True)
class EmbeddingOptions:
    """How samples become embeddings.

    Attributes:
        pooling: "mean", "max", "encoder", or "auto": the weights' tracklet encoder where they have one, else the mean.
        max_frames: Evenly spaced frames per tracklet; None is all.
        flip: Add the mirrored image.
    """

    pooling: str = "auto"
    max_frames: int | None = None
    flip: bool = False


def read_splits(name: str, root: Path, split: int | None, options: Mapping[str, Any]) -> list[ReidDataset]:
    """One split of a data set, or all it has.

    Raises:
        DatasetError: Unknown data set or option, or whatever the reader finds wrong.
    """
    if name not in DATASETS:
        raise DatasetError(f"unknown data set '{name}'; available: {', '.join(DATASETS)}")
    reader = DATASETS[name]
    unknown = sorted(set(options) - set(reader.options))
    if unknown:
        known = ", ".join(reader.options) or "none"
        raise DatasetError(f"data set '{name}' has no option '{unknown[0]}'; available: {known}")
    if split is not None and reader.splits == 1:
        raise DatasetError(f"data set '{name}' has one split; --split does not apply")
    try:
        if reader.splits == 1:
            return [reader.read(root, **options)]
        return [reader.read(root, split=i, **options) for i in ([split] if split is not None else range(reader.splits))]
    except (TypeError, ValueError) as error:
        if isinstance(error, DatasetError):
            raise
        raise DatasetError(f"data set '{name}': {error}") from error


def evaluate_splits(
    datasets: list[ReidDataset],
    embedder: FrameEmbedder,
    embedding: EmbeddingOptions,
    report: ReportOptions,
    encoder: TrackletEncoder | None = None,
    pictures: Path | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """The report of one data set, as `tools/evaluate_reid.py` writes it.

    Args:
        datasets: Its splits.
        embedder: Of single images.
        embedding: How samples become embeddings.
        report: What to score.
        encoder: Learned pooling over frames, where the weights have one.
        pictures: Folder for ranked_lists.png and frame_weights.png of the first split.
        on_progress: Called with samples done and in all.
    """
    pooling = ("encoder" if encoder else "mean") if embedding.pooling == "auto" else embedding.pooling
    wanted = dict.fromkeys(sample for d in datasets for sample in [*d.query, *d.gallery])
    # Junk is never scored: no need to embed it.
    samples = [sample for sample in wanted if sample.person_id != -1]
    embedded = embed_samples(
        embedder, samples, pooling, embedding.max_frames, embedding.flip, encoder=encoder, on_progress=on_progress
    )
    reports = []
    for number, dataset in enumerate(datasets):
        retrieval = Retrieval.of(dataset, embedded)
        scores, ranking = score(retrieval, report)
        reports.append({"protocol": dataset.protocol, **scores})
        if dataset.name == "mars":
            reports[-1]["galleries"] = _mars_galleries(dataset, retrieval, scores, report)
        if pictures and number == 0:
            _draw(pictures, retrieval, ranking, embedded)
    result = reports[0] if len(reports) == 1 else average_splits(reports)
    if len(reports) > 1:
        result["protocol"] = f"mean over {len(reports)} splits: {datasets[0].protocol.rsplit(', split', 1)[0]}"
    return {
        "dataset": datasets[0].name,
        **result,
        "model": embedder.name,
        "pooling": pooling,
        **_conditions(embedding, embedded),
        "multi_query": report.multi_query,
        "missing_images": sum(len(set(d.missing)) for d in datasets),
    }


def _conditions(embedding: EmbeddingOptions, embedded: EmbeddedSamples) -> dict[str, Any]:
    """How the samples were embedded, without which scores cannot be compared."""
    frames = embedded.frames_used
    return {
        "dimension": int(embedded.embeddings.shape[1]),
        "frames_per_sample": {
            "max_frames": embedding.max_frames,
            "mean": float(frames.mean()),
            "max": int(frames.max()),
        },
        "flip": embedding.flip,
        "unreadable_images": [str(path) for path in embedded.unreadable],
    }


def _mars_galleries(
    dataset: ReidDataset, retrieval: Retrieval, scores: dict[str, Any], options: ReportOptions
) -> dict[str, dict[str, Any]]:
    """The gallery that was asked for and the other ones in circulation; 12,180 differs from 11,310 by junk alone."""
    keys = ("mAP", "rank1", "rank5", "rank10", "rank20", "mINP", "valid_queries", "gallery")
    asked = dataset.protocol.removeprefix("gallery ")
    table = {asked: {key: scores[key] for key in keys}}
    if asked != "9330":
        plain = ReportOptions(ap=options.ap, multi_query=options.multi_query)
        smaller = score(retrieval.without_queries(), plain)[0]
        table["9330"] = {key: smaller[key] for key in keys}
        table |= {name: table[asked] for name in ("11310", "12180") if name not in table}
    return table


def _draw(folder: Path, retrieval: Retrieval, ranking: RankingResult, embedded: EmbeddedSamples) -> None:
    chosen = choose_queries(ranking.valid, ranking.average_precisions, 12)
    gallery = retrieval.embeddings[retrieval.gallery_rows]
    lists = [
        rank_answers(retrieval.query[q], retrieval.embeddings[retrieval.query_rows[q]], retrieval.gallery, gallery, ap)
        for q, ap in chosen
    ]
    write_picture(folder / "ranked_lists.png", draw_ranked_lists(lists))
    if embedded.frame_weights is not None:
        rows = most_uneven(embedded.frame_weights, 12)
        samples: list[Sample] = [embedded.samples[i] for i in rows]
        picture = draw_frame_weights(samples, [embedded.frame_weights[i] for i in rows])
        write_picture(folder / "frame_weights.png", picture)


def most_uneven(weights: tuple[np.ndarray, ...], count: int) -> list[int]:
    """Tracklets whose frame weights differ most from uniform, by T times the largest weight."""
    unevenness = np.array([len(w) * float(w.max()) for w in weights])
    return np.argsort(-unevenness, kind="stable")[:count].tolist()
