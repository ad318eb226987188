"""Samples of a data set -> one unit embedding each, with damaged images counted and skipped."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from crosscam.base.errors import DatasetError, InputError
from crosscam.base.images import read_image
from crosscam.base.vectors import unit_rows
from reid.data.clips import evenly
from reid.data.samples import Sample

logger = logging.getLogger(__name__)
POOLINGS = ("mean", "max", "encoder")
IMAGES_AT_A_TIME = 256


class FrameEmbedder(Protocol):
    """What is asked of an embedder; `reid.embedder.load_embedder` returns one."""

    dimension: int
    name: str

    def embed(self, crops: Sequence[np.ndarray]) -> np.ndarray:
        """BGR uint8 crops -> unit vectors, float32 (N, D)."""


class TrackletEncoder(Protocol):
    """A learned pooling over frames."""

    def encode(self, frames: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Frame embeddings (T, D) -> tracklet embedding (E,) and the weight of every frame (T,)."""


@dataclass(frozen=True, eq=False)
class EmbeddedSamples:
    """Embeddings of those samples that could be read.

    Attributes:
        samples: In the order given, without those of which no image could be read.
        embeddings: Unit vectors, float32 (N, D).
        frames_used: Images that went into each embedding, int64 (N,).
        frame_weights: Weight of every frame, (T,) per sample; None unless an encoder gave them.
        unreadable: Images that could not be decoded.
    """

    samples: tuple[Sample, ...]
    embeddings: np.ndarray
    frames_used: np.ndarray
    frame_weights: tuple[np.ndarray, ...] | None
    unreadable: tuple[Path, ...]

    def rows_of(self, samples: Sequence[Sample]) -> tuple[list[Sample], np.ndarray]:
        """Those of the samples that were embedded, and their rows, int64 (M,)."""
        row = {sample: index for index, sample in enumerate(self.samples)}
        kept = [sample for sample in samples if sample in row]
        return kept, np.array([row[sample] for sample in kept], dtype=np.int64)


def evenly_spaced(paths: Sequence[Path], count: int | None) -> list[Path]:
    """At most `count` frames from the middles of equal segments; all of them if None."""
    return list(paths) if count is None else [paths[i] for i in evenly(len(paths), count)]


def embed_samples(
    embedder: FrameEmbedder,
    samples: Sequence[Sample],
    pooling: str = "mean",
    max_frames: int | None = None,
    flip: bool = False,
    encoder: TrackletEncoder | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> EmbeddedSamples:
    """Embed every sample once.

    Args:
        embedder: Of single images.
        samples: Must differ from one another.
        pooling: Over frames: "mean", "max" (the MARS baseline), or "encoder".
        max_frames: Use at most so many evenly spaced frames per sample.
        flip: Add the embedding of the mirrored image (test-time augmentation).
        encoder: For pooling "encoder".
        on_progress: Called with samples done and in all.

    Raises:
        InputError: Unknown pooling, missing encoder, or embeddings that are not finite.
        DatasetError: Samples repeat, or no image at all can be read.
    """
    if pooling not in POOLINGS:
        raise InputError(f"unknown pooling {pooling!r}; available: {', '.join(POOLINGS)}")
    if pooling == "encoder" and encoder is None:
        raise InputError("pooling 'encoder' needs weights with a tracklet encoder; these have none")
    if len(set(samples)) != len(samples):
        raise DatasetError("the same sample (person, camera, images) is listed twice")
    kept: list[Sample] = []
    rows: list[np.ndarray] = []
    weights: list[np.ndarray] = []
    used: list[int] = []
    unreadable: list[Path] = []
    for done, (sample, frames, bad) in enumerate(_embedded_frames(embedder, samples, max_frames, flip), start=1):
        unreadable += bad
        if len(frames):
            vector, weight = _pool(frames, pooling, encoder)
            kept.append(sample)
            rows.append(vector)
            weights.append(weight)
            used.append(len(frames))
        if on_progress:
            on_progress(done, len(samples))
    if not kept:
        raise DatasetError(f"none of the {len(unreadable)} images can be read; the first is '{unreadable[0]}'")
    embeddings = np.stack(rows).astype(np.float32)
    if not np.isfinite(embeddings).all():
        raise InputError(f"the model '{embedder.name}' gives embeddings that are not finite")
    frame_weights = tuple(weights) if pooling == "encoder" else None
    return EmbeddedSamples(tuple(kept), embeddings, np.array(used), frame_weights, tuple(unreadable))


def _embedded_frames(
    embedder: FrameEmbedder, samples: Sequence[Sample], max_frames: int | None, flip: bool
) -> Iterator[tuple[Sample, np.ndarray, list[Path]]]:
    """For every sample its frame embeddings (T, D) and its unreadable images; batches span samples."""
    pending: list[tuple[Sample, list[np.ndarray], list[Path]]] = []
    waiting = 0
    with ThreadPoolExecutor(max_workers=2) as pool:
        for sample in samples:
            paths = evenly_spaced(sample.paths, max_frames)
            images = list(pool.map(read_image, paths))
            bad = [path for path, image in zip(paths, images, strict=True) if image is None]
            pending.append((sample, [image for image in images if image is not None], bad))
            waiting += len(images)
            if waiting >= IMAGES_AT_A_TIME:
                yield from _embed_pending(embedder, pending, flip)
                pending, waiting = [], 0
        yield from _embed_pending(embedder, pending, flip)


def _embed_pending(
    embedder: FrameEmbedder, pending: list[tuple[Sample, list[np.ndarray], list[Path]]], flip: bool
) -> Iterator[tuple[Sample, np.ndarray, list[Path]]]:
    crops = [image for _, images, _ in pending for image in images]
    chunks = [crops[i : i + IMAGES_AT_A_TIME] for i in range(0, len(crops), IMAGES_AT_A_TIME)]
    vectors = [_embed(embedder, chunk, flip) for chunk in chunks]
    frames = np.concatenate(vectors) if vectors else np.zeros((0, embedder.dimension), np.float32)
    start = 0
    for sample, images, bad in pending:
        yield sample, frames[start : start + len(images)], bad
        start += len(images)


def _embed(embedder: FrameEmbedder, crops: list[np.ndarray], flip: bool) -> np.ndarray:
    vectors = embedder.embed(crops)
    if not flip:
        return vectors
    return unit_rows(vectors + embedder.embed([np.ascontiguousarray(crop[:, ::-1]) for crop in crops]))


def _pool(frames: np.ndarray, pooling: str, encoder: TrackletEncoder | None) -> tuple[np.ndarray, np.ndarray]:
    """Unit embedding (D,) and frame weights (T,)."""
    weights = np.full(len(frames), 1.0 / len(frames))
    if pooling == "encoder" and encoder is not None:
        vector, weights = encoder.encode(frames)
    else:
        vector = frames.max(axis=0) if pooling == "max" else frames.mean(axis=0)
    return unit_rows(vector), weights
